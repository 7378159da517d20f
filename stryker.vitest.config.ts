import { defineConfig } from 'vitest/config'
import { shared } from './vitest.shared.js'

// The suites that know of steps, guards and http, and none that makes RSA keys by the dozen: a mutant of something that is
// made once, when its file is loaded, runs all of them.
export default defineConfig({
  ...shared,
  test: {
    ...shared.test,
    include: ['packages/core/test/*.test.ts', 'packages/core/test/{steps,guards,http,mutants}/**/*.test.ts'],
    exclude: ['**/test/types.test.ts'],
  },
})
