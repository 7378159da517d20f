// Installs what the suites use from Debian, where it may: a Debian with apt-get, as root. Starts no service.
import { spawnSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { debianPackages, isCommand } from './debian.mjs'
import { readOutput } from './process.mjs'

const missing = debianPackages.filter(({ name, command }) => !isCommand(command) && !isInstalledByDpkg(name))

if (debianPackages.length === 0) console.log('test:setup: no suite uses anything from Debian.')
for (const { name, reason } of debianPackages) {
  console.log(`test:setup: ${name}: ${missing.some((entry) => entry.name === name) ? 'missing' : 'there'} (${reason})`)
}
if (missing.length > 0) {
  const obstacle = findObstacle()
  if (obstacle === undefined) install(missing.map(({ name }) => name))
  else {
    console.log(`test:setup: installs nothing: ${obstacle}. Without them npm test leaves out:`)
    for (const { suite, name } of missing) console.log(`  - ${suite} (${name})`)
  }
}

/** @param {string} name */
function isInstalledByDpkg(name) {
  return readOutput('dpkg', ['-s', name])?.includes('Status: install ok installed') ?? false
}

function findObstacle() {
  if (!isCommand('apt-get')) return 'there is no apt-get here'
  if (process.getuid?.() !== 0) return 'apt-get needs root'
  return undefined
}

/**
 * Installs packages with their services held back: policy-rc.d answering 101 is Debian's way to forbid a start.
 * @param {string[]} names
 */
function install(names) {
  const policy = '/usr/sbin/policy-rc.d'
  const isOurs = !existsSync(policy)
  if (isOurs) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    if (!apt(['update']) || !apt(['install', '-y', '--no-install-recommends', ...names])) return
    console.log(`test:setup: installed ${names.join(', ')}; no service was started.`)
  } finally {
    if (isOurs) rmSync(policy, { force: true })
  }
}

/** @param {string[]} args */
function apt(args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const { status, error } = spawnSync('apt-get', ['-q', ...args], { stdio: ['ignore', 'inherit', 'inherit'], env })
  if (status === 0) return true
  console.error(`test:setup: apt-get ${args.join(' ')} failed: ${error?.message ?? `exit code ${status}`}`)
  process.exitCode = 1
  return false
}
