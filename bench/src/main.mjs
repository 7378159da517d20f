// pnpm bench: reads the command line, measures section by section, and writes what was found.
import os from 'node:os'
import { parseArgs } from 'node:util'
import { runAudit } from './audit/run.mjs'
import { barCount, toAllowance } from './bars.mjs'
import { readEnvironment } from './environment.mjs'
import { runExchange } from './exchange/run.mjs'
import { runExtras } from './extras/run.mjs'
import { runGrowth } from './growth/run.mjs'
import { help } from './help.mjs'
import { runHttp } from './http/run.mjs'
import { runVerify } from './in-process/run.mjs'
import { runProfiles } from './profile/run.mjs'
import { printSummary } from './report/print.mjs'
import { toSummary } from './report/summary.mjs'
import { writePage, writeReport, writeSummary } from './report/write.mjs'
import { settings } from './settings.mjs'
import { joinSittings } from './rounds.mjs'
import { runStart } from './start/run.mjs'
import { runStorms } from './storms/run.mjs'
import { createWorld } from './world.mjs'

/** @import { Fact, Group, Report, Settings } from './types.js' */

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    full: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    node: { type: 'string' },
    only: { type: 'string', multiple: true },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
const startedMs = performance.now()
const [command] = positionals

const sections = {
  verify: runVerify,
  http: runHttp,
  growth: runGrowth,
  storms: runStorms,
  extras: runExtras,
  exchange: runExchange,
  audit: runAudit,
  start: runStart,
}
const unknown = (values.only ?? []).filter((name) => !Object.hasOwn(sections, name))

if (values.help) console.log(help)
else if (command === 'profile') for (const profile of runProfiles(4, 25, say)) printProfile(profile)
else if (command === 'page') console.log(writePage().join('\n'))
else if (command !== undefined || unknown.length > 0 || (values.full && values.check)) {
  console.error(help)
  process.exitCode = 2
} else await measure(values.check ? settings.check : values.full ? settings.full : settings.quick)

/** @param {Settings} chosen */
async function measure(chosen) {
  const startedAt = new Date().toISOString()
  const environment = readEnvironment()
  if (Number(environment.load) > os.availableParallelism() / 2)
    say(`load average ${environment.load}: the figures will be poor`)
  const world = await createWorld()
  /** @type {Group[]} */
  const groups = []
  /** @type {Fact[]} */
  const facts = []
  try {
    for (const name of toOrder(chosen.verify.sittings)) {
      if (values.only?.includes(name) === false) continue
      const found = await sections[name]({ settings: chosen, world, say })
      groups.push(...found.groups)
      facts.push(...found.facts)
    }
  } finally {
    await world.close()
  }
  const profiles = chosen.mode === 'full' && values.only === undefined ? runProfiles(4, 16, say) : []
  const seconds = (performance.now() - startedMs) / 1_000
  /** @type {Report} */
  const report = { mode: chosen.mode, startedAt, seconds, environment, groups: joinSittings(groups), facts, profiles }
  const summary = toSummary(report, toAllowance(environment.node))
  printSummary(summary)
  const written = [writeReport(report)]
  if (chosen.mode === 'full' && values.only === undefined) {
    writeSummary(summary)
    written.push('bench/results/summary.json', ...writePage())
  }
  console.log(`\nWritten: ${written.join(', ')}`)
  if (chosen.mode === 'check') conclude(summary.bars)
}

/**
 * All sections in their order; with three sittings, the first comes again after the second and at the end.
 * @param {1 | 3} sittings
 */
function toOrder(sittings) {
  const [first, second, ...others] = /** @type {(keyof typeof sections)[]} */ (Object.keys(sections))
  if (first === undefined || second === undefined) return []
  return sittings === 1 ? [first, second, ...others] : [first, second, first, ...others, first]
}

/** @param {import('./types.js').Summary['bars']} bars */
function conclude(bars) {
  const short = bars.filter(({ holds }) => !holds)
  if (values.only === undefined && bars.length < barCount) {
    console.log(`\n${barCount - bars.length} bars were not measured: that is a failure of the run itself.`)
    process.exitCode = 1
  }
  for (const { title, limit, value } of short) {
    console.log(`FALLS SHORT: ${title}: ${value.toFixed(3)} where the bar is ${limit.toFixed(3)}`)
    process.exitCode = 1
  }
  if (process.exitCode !== 1) console.log(`\nAll ${bars.length} bars hold.`)
}

/** @param {import('./types.js').Profile} profile */
function printProfile({ name, rows }) {
  console.log(`\n${name}`)
  for (const row of rows) console.log(`${(row.share * 100).toFixed(1).padStart(7)} %  ${row.name}`)
}

/** @param {string} text */
function say(text) {
  console.log(`[${((performance.now() - startedMs) / 1_000).toFixed(1).padStart(6)} s] ${text}`)
}
