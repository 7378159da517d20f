/** What every suite of the workspace shares: sources in place of `dist`, and no test that hangs. */
export const shared = {
  resolve: { conditions: ['countersign-source', 'module', 'node', 'development|production'] },
  ssr: { resolve: { conditions: ['countersign-source', 'module', 'node', 'development|production'] } },
  test: {
    testTimeout: 20_000,
    hookTimeout: 30_000,
    dangerouslyIgnoreUnhandledErrors: false,
  },
}
