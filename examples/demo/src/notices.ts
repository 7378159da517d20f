// The provider tells its operator that it keeps everything in memory. Here that is the point, so its notices stay out
// of the demo's output. Imported before the provider, which prints the first one as it loads.
for (const level of ['info', 'warn'] as const) {
  const print = console[level]
  console[level] = (...parts: unknown[]) => {
    if (!/oidc-provider (NOTICE|WARNING): /.test(String(parts[0]))) print(...parts)
  }
}
