// Repeats core, contract and package suites on every Node the packages promise, with binaries from npm.
import { existsSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { chooseVersions, installNode } from './nodes.mjs'
import { root, run } from './process.mjs'
import { readTotals } from './totals.mjs'

const suites = ['packages/core/test', 'test/contract', 'test/package']

const { values } = parseArgs({ options: { node: { type: 'string', multiple: true } } })

const rows = []
for (const version of chooseVersions(values.node)) {
  console.log(`\n── Node ${version}`)
  const node = await installNode(version)
  const startedMs = performance.now()
  let output = ''
  const code = await run(
    node,
    ['node_modules/vitest/vitest.mjs', 'run', ...suites.filter((at) => existsSync(path.join(root, at)))],
    {
      // First on PATH too, for the children that suites start by name.
      env: { PATH: `${path.dirname(node)}${path.delimiter}${process.env['PATH'] ?? ''}` },
      onOutput: (text) => void (output += text),
    },
  )
  const { passed, failed, skipped } = readTotals(output)
  const seconds = Number(((performance.now() - startedMs) / 1000).toFixed(1))
  const ok = code === 0 && passed > 0 && failed === 0
  rows.push({ node: version, result: ok ? 'passed' : 'FAILED', passed, failed, skipped, seconds })
}

console.table(rows)
if (rows.some(({ result }) => result !== 'passed')) process.exitCode = 1
