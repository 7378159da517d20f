// Everything npm test runs, in order, cheap first. No stage stops the next: one run shows all that is wrong.
import { existsSync, statSync } from 'node:fs'
import os from 'node:os'
import { debianPackages, isCommand } from './debian.mjs'
import { run } from './process.mjs'
import { readFailures, readTotals } from './totals.mjs'

/**
 * @typedef {object} Stage
 * @property {string} name
 * @property {string} command
 * @property {string[]} args
 * @property {string} alone the command that runs this stage alone
 * @property {string} [fix] the command that repairs most of it
 * @property {boolean} [counts] whether its output holds vitest summaries
 */

/** @type {Stage[]} */
const stages = [
  { name: 'format', command: 'oxfmt', args: ['--check', '.'], alone: 'npm run format:check', fix: 'npm run format' },
  { name: 'types', command: 'node', args: ['scripts/build.mjs'], alone: 'npm run build' },
  // After the build: suites see other packages as they are built, and a rule must know their types.
  { name: 'lint', command: 'oxlint', args: [], alone: 'npm run lint', fix: 'npm run lint -- --fix' },
  { name: 'types of tests', command: 'tsc', args: ['-p', 'tsconfig.test.json'], alone: 'npm run types' },
  {
    name: 'suites',
    command: 'turbo',
    args: [
      'run',
      'test',
      '--continue',
      '--output-logs=full',
      '--log-order=grouped',
      '--concurrency=2',
      ...(process.stdout.isTTY ? [] : ['--no-color']),
    ],
    alone: 'npm run vitest (one package: npm run vitest -- --project @countersign/core)',
    counts: true,
  },
  { name: 'unused code', command: 'knip', args: [], alone: 'npm run knip' },
]

const missing = debianPackages.filter(({ command }) => !isCommand(command))
const leftOut = [
  ...missing.map(({ name, suite }) => `${suite}: Debian's ${name} is not installed (npm run test:setup)`),
  ...listVectorsLeftOut(),
  'other versions of Node: npm run test:nodes runs core, contract and package suites on 20.19.0, 22, 24 and 26',
]

// Turbo replays a suite only where these are the same, besides the files: see globalEnv in turbo.json.
const env = {
  COUNTERSIGN_NODE: `${process.version} ${os.platform()} ${os.arch()}`,
  COUNTERSIGN_MISSING: missing.map(({ name }) => name).join(' '),
}

const failures = []
/** @type {string[]} */
let failedTests = []
let totals = { passed: 0, failed: 0, skipped: 0 }

for (const stage of stages) {
  console.log(`\n── ${stage.name}: ${stage.command} ${stage.args.join(' ')}`.trimEnd())
  const startedMs = performance.now()
  let output = ''
  const onOutput = stage.counts ? (/** @type {string} */ text) => void (output += text) : undefined
  const code = await run(stage.command, stage.args, onOutput ? { env, onOutput } : { env })
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
  console.log(`── ${stage.name}: ${code === 0 ? 'passed' : `FAILED with exit code ${code}`} in ${seconds} s`)
  if (stage.counts) {
    totals = readTotals(output)
    failedTests = readFailures(output)
  }
  // A suite that crashed, or a hook that failed outside every test, is one failure where vitest counted none.
  if (stage.counts && code !== 0 && totals.failed === 0) totals.failed = 1
  if (code !== 0) failures.push(stage)
}

if (totals.passed + totals.failed === 0) {
  console.log('\nNo test ran: that is a failure of the run itself.')
  process.exitCode = 1
}
console.log('\nLeft out:')
for (const line of leftOut) console.log(`  - ${line}`)
if (totals.skipped > 0) console.log(`  - ${totals.skipped} tests that skipped themselves, marked ↓ above`)
for (const { name, alone, fix } of failures) {
  process.exitCode = 1
  console.log(`\nFAILED: ${name}. To run it alone: ${alone}${fix === undefined ? '' : `; to repair it: ${fix}`}`)
}
for (const name of failedTests) console.log(`  × ${name}`)
console.log(process.exitCode === 1 ? '\nThe check failed.' : '\nEverything passed.')
const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : ''
console.log(`${totals.passed} passed, ${totals.failed} failed${skipped}`)

function listVectorsLeftOut() {
  const folder = process.env['COUNTERSIGN_VECTORS']
  if (folder === undefined || folder === '') return ["other people's test vectors: COUNTERSIGN_VECTORS is unset"]
  if (existsSync(folder) && statSync(folder).isDirectory()) return []
  return [`other people's test vectors: COUNTERSIGN_VECTORS names ${folder}, which is no folder`]
}
