/**
 * What every suite of the workspace shares: sources in place of `dist`, no test that hangs, and one process for many files: a new one
 * for each, with its imports, took a fifth of the whole.
 */
export const shared = {
  resolve: { conditions: ['countersign-source', 'module', 'node', 'development|production'] },
  ssr: { resolve: { conditions: ['countersign-source', 'module', 'node', 'development|production'] } },
  test: {
    testTimeout: 20_000,
    hookTimeout: 30_000,
    dangerouslyIgnoreUnhandledErrors: false,
    isolate: false,
  },
}
