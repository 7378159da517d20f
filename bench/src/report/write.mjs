// Where results go: raw samples beside the bench, the summary and the page into the repository.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { barCount, judgeBars, toAllowance } from '../bars.mjs'
import { toPage } from './page.mjs'
import { drawPlots } from './plots.mjs'

/** @import { Checks, Report, Summary } from '../types.js' */

const root = fileURLToPath(new URL('../../..', import.meta.url))
const results = path.join(root, 'bench', 'results')
const summaryFile = path.join(results, 'summary.json')
const checksFile = path.join(results, 'checks.json')

/**
 * Keeps everything that was measured, samples included.
 * @param {Report} report
 * @returns {string} the file, from the root
 */
export function writeReport(report) {
  mkdirSync(results, { recursive: true })
  const file = path.join(results, `${report.mode}-node${report.environment.node.split('.')[0]}.json`)
  writeFileSync(file, `${JSON.stringify(report)}\n`)
  return path.relative(root, file)
}

/**
 * Keeps a summary as the one that the page is made of.
 * @param {Summary} summary
 */
export function writeSummary(summary) {
  writeFileSync(summaryFile, toText(summary))
}

/**
 * How the bars came out on each Node: of the checks that were run whole here, and for other Nodes what is kept.
 * @returns {Checks}
 */
function gatherChecks() {
  const checks = existsSync(checksFile) ? JSON.parse(readFileSync(checksFile, 'utf8')) : {}
  for (const file of readdirSync(results).filter((name) => /^check-node\d+\.json$/.test(name))) {
    /** @type {Report} */
    const report = JSON.parse(readFileSync(path.join(results, file), 'utf8'))
    const { environment, startedAt, seconds } = report
    const bars = judgeBars(report, toAllowance(environment.node))
    if (bars.length < barCount) continue
    checks[environment.node.split('.')[0] ?? ''] = {
      node: environment.node,
      startedAt,
      seconds,
      isPlaced: environment.isPlaced,
      bars,
    }
  }
  return checks
}

/** @param {object} value */
function toText(value) {
  const round = (/** @type {string} */ _key, /** @type {unknown} */ each) =>
    typeof each === 'number' ? Number(each.toPrecision(4)) : each
  return `${JSON.stringify(value, round)}\n`
}

/**
 * Writes the page and its plots from the summary that is kept and the checks.
 * @returns {string[]} the files, from the root
 */
export function writePage() {
  /** @type {Summary} */
  const summary = JSON.parse(readFileSync(summaryFile, 'utf8'))
  const checks = gatherChecks()
  writeFileSync(checksFile, toText(checks))
  const assets = path.join(root, 'docs', 'assets')
  mkdirSync(assets, { recursive: true })
  const plots = drawPlots(summary).map(({ name, title, section, svg }) => {
    writeFileSync(path.join(assets, `performance-${name}.svg`), svg)
    return { file: `assets/performance-${name}.svg`, title, section }
  })
  writeFileSync(path.join(root, 'docs', 'performance.md'), toPage(summary, checks, plots))
  return ['docs/performance.md', ...plots.map(({ file }) => `docs/${file}`)]
}
