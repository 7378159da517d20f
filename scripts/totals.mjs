// Counts the tests of a run from what vitest prints, and names those that failed, so that a replay from turbo's cache counts as well.

/**
 * @typedef {object} Totals
 * @property {number} passed
 * @property {number} failed files that could not be loaded count as one failure each
 * @property {number} skipped
 */

// oxlint-disable-next-line no-control-regex -- the colours of a terminal are control characters
const colours = /\u001B\[[0-9;]*m/g
const failure = /^(\S+:test: )?\s*FAIL {2}(\S.*)$/
const summary = /(?:^|\s)(Test Files|Tests)\s{2,}((?:\d+ [a-z ]+(?:\s\|\s)?)+)\(\d+\)\s*$/

/**
 * The sum over every vitest summary in a text.
 * @param {string} output
 * @returns {Totals}
 */
export function readTotals(output) {
  const totals = { passed: 0, failed: 0, skipped: 0 }
  let brokenFiles = 0
  for (const line of output.replace(colours, '').split(/\r?\n/)) {
    const [, what, counts = ''] = summary.exec(line) ?? []
    if (what === 'Test Files') brokenFiles = readCount(counts, 'failed')
    const none = /(?:^|\s)Tests\s{2,}no tests\s*$/.test(line)
    if (what !== 'Tests' && !none) continue
    const failed = readCount(counts, 'failed')
    totals.passed += readCount(counts, 'passed')
    totals.failed += failed === 0 ? brokenFiles : failed
    totals.skipped += readCount(counts, 'skipped') + readCount(counts, 'todo')
    brokenFiles = 0
  }
  return totals
}

/**
 * What vitest names under its failed tests, each with the first line of its error.
 *
 * A run of many suites prints them far apart, and of a long log often only the end is at hand.
 * @param {string} output
 * @returns {string[]} each once, in order
 */
export function readFailures(output) {
  const lines = output.replace(colours, '').split(/\r?\n/)
  const failures = lines.flatMap((line, index) => {
    const [, prefix = '', name] = failure.exec(line) ?? []
    if (name === undefined) return []
    const error = lines[index + 1]?.slice(prefix.length).trim() ?? ''
    return [error === '' || failure.test(lines[index + 1] ?? '') ? name : `${name}: ${error}`]
  })
  return [...new Set(failures)]
}

/**
 * @param {string} counts such as `1 failed | 4 passed`
 * @param {string} word
 */
function readCount(counts, word) {
  return Number(new RegExp(`(\\d+) ${word}`).exec(counts)?.[1] ?? 0)
}
