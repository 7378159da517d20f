// npm test and npm run demo on a machine that has Node and npm only: finds pnpm, installs, hands over.
import { existsSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { readOutput, root, run } from './process.mjs'
import { isInstalled, markInstalled, readPnpmVersion } from './workspace.mjs'

const [task, ...rest] = process.argv.slice(2)
// `pnpm run demo -- --serve` hands the dashes on, npm does not.
const args = rest[0] === '--' ? rest.slice(1) : rest

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Node ${process.versions.node} is too old: the workspace wants 20.19 or later.`)
  process.exit(1)
}
if (task !== 'test' && task !== 'demo') {
  console.error('usage: node scripts/bootstrap.mjs test | demo [--serve]')
  process.exit(2)
}

if (!isInstalled()) {
  const code = await runWithPnpm('pnpm', ['install', '--frozen-lockfile', '--prefer-offline'])
  if (code !== 0) {
    console.error('The install failed. To run it alone: pnpm install --frozen-lockfile')
    process.exit(code)
  }
  markInstalled()
}
process.exit(task === 'test' ? await runWithPnpm('node', ['scripts/check.mjs', ...args]) : await runDemo())

/**
 * Runs a command that finds pnpm on PATH: turbo calls it as well. npx takes it from npm's cache, or puts it there.
 * @param {string} command
 * @param {string[]} commandArgs
 */
function runWithPnpm(command, commandArgs) {
  const version = readPnpmVersion()
  // Asked outside the workspace, where pnpm does not switch to another version and a corepack shim downloads none.
  const found = readOutput('pnpm', ['--version'], { cwd: os.tmpdir(), env: { COREPACK_ENABLE_NETWORK: '0' } })
  if (found === version) return run(command, commandArgs)
  return run('npx', ['-y', '--prefer-offline', `--package=pnpm@${version}`, '--', command, ...commandArgs])
}

/** Builds, and starts the demo without a package manager in between, so that a signal reaches it. */
async function runDemo() {
  const main = 'examples/demo/dist/main.js'
  const forced = existsSync(path.join(root, main)) ? [] : ['--force']
  const built = (await run('node', ['scripts/build.mjs'])) || (await run('tsc', ['-b', 'examples/demo', ...forced]))
  if (built === 0) return run('node', [main, ...args])
  console.error('The build failed. To run it alone: npm run build')
  return built
}
