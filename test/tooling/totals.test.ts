import { describe, expect, it } from 'vitest'
import { readFailures, readTotals } from '../../scripts/totals.mjs'

const summary = (files: string, tests: string): string => `
@countersign/core:test:  ✓ test/errors.test.ts (7 tests | 1 skipped) 12ms
@countersign/core:test:
@countersign/core:test:  Test Files  ${files}
@countersign/core:test:       Tests  ${tests}
@countersign/core:test:    Start at  10:00:00
`

describe('the totals of a run', () => {
  it('are the sum over the packages', () => {
    const output =
      summary('2 passed (2)', '12 passed (12)') + summary('1 passed (1)', '5 passed | 2 skipped | 1 todo (8)')
    expect(readTotals(output)).toEqual({ passed: 17, failed: 0, skipped: 3 })
  })

  it('see through the colours of a terminal', () => {
    const output =
      '\u001B[2m      Tests \u001B[22m \u001B[31m1 failed\u001B[39m\u001B[2m | \u001B[22m\u001B[32m2 passed\u001B[39m\u001B[90m (3)\u001B[39m\n'
    expect(readTotals(output)).toEqual({ passed: 2, failed: 1, skipped: 0 })
  })

  it('count a file that could not be loaded as a failure', () => {
    expect(readTotals(summary('1 failed (1)', 'no tests'))).toEqual({ passed: 0, failed: 1, skipped: 0 })
    expect(readTotals(summary('1 failed | 3 passed (4)', '9 passed (9)'))).toEqual({ passed: 9, failed: 1, skipped: 0 })
  })

  it('do not count a failed file again beside its failed tests', () => {
    const output =
      summary('1 failed | 3 passed (4)', '2 failed | 9 passed (11)') + summary('1 passed (1)', '1 passed (1)')
    expect(readTotals(output)).toEqual({ passed: 10, failed: 2, skipped: 0 })
  })

  it('are nothing where nothing ran, whatever else is printed', () => {
    expect(readTotals('Tests  are fun (3)\n 3 passed, 0 failed\n')).toEqual({ passed: 0, failed: 0, skipped: 0 })
  })
})

describe('the failures of a run', () => {
  it('are named once each, with the first line of their error, whichever package they are of', () => {
    const output = `
@countersign/test:test:  FAIL  tooling/one.test.ts > a thing > is so
@countersign/test:test: AssertionError: expected 2 to be 1
@countersign/test:test:  ❯ tooling/one.test.ts:24:5
\u001B[41m\u001B[1m FAIL \u001B[22m\u001B[49m test/two.test.ts
Error: Cannot find module
@countersign/test:test:  FAIL  tooling/one.test.ts > a thing > is so
@countersign/test:test: AssertionError: expected 2 to be 1
`
    expect(readFailures(output)).toEqual([
      'tooling/one.test.ts > a thing > is so: AssertionError: expected 2 to be 1',
      'test/two.test.ts: Error: Cannot find module',
    ])
  })

  it('that share an error are all named', () => {
    const output = ' FAIL  one.test.ts > first\n FAIL  one.test.ts > second\nError: down\n'
    expect(readFailures(output)).toEqual(['one.test.ts > first', 'one.test.ts > second: Error: down'])
  })

  it('are none where a test merely speaks of them', () => {
    expect(readFailures('× says FAIL  here\n ✓ FAILS  softly\n')).toEqual([])
  })
})
