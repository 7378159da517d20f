// The provider's notices to its operator (everything in memory, development forms) would drown the report.
// Imported before the provider, which prints the first one as it loads.
for (const level of ['info', 'warn'] as const) {
  const print = console[level]
  console[level] = (...parts: unknown[]) => {
    if (!/oidc-provider (NOTICE|WARNING): /.test(String(parts[0]))) print(...parts)
  }
}
