// npm test and npm run demo on a machine that has Node and npm only: finds pnpm, installs, hands over.
import os from 'node:os'
import { readOutput, run } from './process.mjs'
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

const version = readPnpmVersion()
if (findPnpmVersion() !== version) {
  if (process.env['COUNTERSIGN_PNPM'] === version) {
    console.error(`npx did not put pnpm ${version} on PATH. Install it (npm i -g pnpm@${version}) and try again.`)
    process.exit(1)
  }
  // npx keeps pnpm in npm's cache and leaves it on PATH for its children, which turbo needs.
  const again = [
    '-y',
    '--prefer-offline',
    `--package=pnpm@${version}`,
    '--',
    'node',
    'scripts/bootstrap.mjs',
    task,
    ...args,
  ]
  process.exit(await run('npx', again, { env: { COUNTERSIGN_PNPM: version } }))
}

if (!isInstalled()) {
  const code = await run('pnpm', ['install', '--frozen-lockfile', '--prefer-offline'])
  if (code !== 0) {
    console.error('The install failed. To run it alone: pnpm install --frozen-lockfile')
    process.exit(code)
  }
  markInstalled()
}

if (task === 'test') process.exit(await run(process.execPath, ['scripts/check.mjs', ...args]))

const built = await run(process.execPath, ['scripts/build.mjs'])
if (built !== 0) {
  console.error('The build failed. To run it alone: npm run build')
  process.exit(built)
}
process.exit(await run('pnpm', ['--silent', '--filter', '@countersign/demo', 'run', 'demo', ...args]))

function findPnpmVersion() {
  // Outside the workspace, where pnpm neither switches to another version nor a corepack shim downloads one.
  return readOutput('pnpm', ['--version'], { cwd: os.tmpdir(), env: { COREPACK_ENABLE_NETWORK: '0' } })
}
