import { defineProject } from 'vitest/config'
import { shared } from '../vitest.shared.js'

/** What looks at the heap, or at how long the process is held up: what other files left behind would be seen there too. */
export const ALONE = ['audit/**/*.test.ts', 'bounds/**/*.test.ts', 'mapping/token-cache.test.ts']

export default defineProject({
  ...shared,
  test: { ...shared.test, name: '@countersign/test-alone', include: ALONE, isolate: true },
})
