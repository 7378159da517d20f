// Where results go: raw samples beside the bench, the summary and the page into the repository.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { toPage } from './page.mjs'
import { drawPlots } from './plots.mjs'

/** @import { Report, Summary } from '../types.js' */

const root = fileURLToPath(new URL('../../..', import.meta.url))
const results = path.join(root, 'bench', 'results')
const summaryFile = path.join(results, 'summary.json')

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
  const round = (/** @type {string} */ _key, /** @type {unknown} */ value) =>
    typeof value === 'number' ? Number(value.toPrecision(4)) : value
  writeFileSync(summaryFile, `${JSON.stringify(summary, round)}\n`)
}

/**
 * Writes the page and its plots from the summary that is kept.
 * @returns {string[]} the files, from the root
 */
export function writePage() {
  /** @type {Summary} */
  const summary = JSON.parse(readFileSync(summaryFile, 'utf8'))
  const assets = path.join(root, 'docs', 'assets')
  mkdirSync(assets, { recursive: true })
  const plots = drawPlots(summary).map(({ name, title, section, svg }) => {
    writeFileSync(path.join(assets, `performance-${name}.svg`), svg)
    return { file: `assets/performance-${name}.svg`, title, section }
  })
  writeFileSync(path.join(root, 'docs', 'performance.md'), toPage(summary, plots))
  return ['docs/performance.md', ...plots.map(({ file }) => `docs/${file}`)]
}
