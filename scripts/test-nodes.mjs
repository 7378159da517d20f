// Repeats core, contract and package suites on every Node the packages promise, with binaries from npm.
import { existsSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { readOutput, root, run } from './process.mjs'
import { readTotals } from './totals.mjs'

const versions = ['20.19.0', '22.23.3', '24.21.0', '26.10.0']
const suites = ['packages/core/test', 'test/contract', 'test/package']

const { values } = parseArgs({ options: { node: { type: 'string', multiple: true } } })
const chosen = versions.filter((version) =>
  (values.node ?? versions).some((prefix) => `${version}.`.startsWith(`${prefix}.`)),
)
if (chosen.length === 0) {
  console.error(`--node wants the beginning of one of ${versions.join(', ')}`)
  process.exit(2)
}

const rows = []
for (const version of chosen) {
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

/**
 * The binary of a version, fetched once. npm's `node` fetches this very package in its preinstall script; asking for
 * it by name needs no script.
 * @param {string} version
 * @returns {Promise<string>}
 */
async function installNode(version) {
  const platform = process.platform === 'win32' ? 'win' : process.platform
  const name = `node-${platform}-${process.arch}`
  const folder = path.join(root, 'node_modules', '.cache', 'nodes', version)
  const binary = path.join(folder, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  if (!existsSync(binary)) {
    mkdirSync(folder, { recursive: true })
    const flags = ['--ignore-scripts', '--no-save', '--no-package-lock', '--prefer-offline', '--no-audit', '--no-fund']
    const code = await run('npm', ['install', '--prefix', folder, ...flags, `${name}@${version}`])
    if (code !== 0) throw new Error(`npm has no ${name}@${version} for this machine`)
  }
  const printed = readOutput(binary, ['--version'])
  if (printed !== `v${version}`) throw new Error(`${binary} says ${printed}, not v${version}: delete ${folder}`)
  return binary
}
