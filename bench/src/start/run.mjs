// What it costs to import a package: a new process each time.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { interleave } from '../rounds.mjs'

/** @import { Context, Findings } from '../types.js' */

const child = fileURLToPath(new URL('import.mjs', import.meta.url))

/** @type {readonly (readonly [string, readonly string[]])[]} */
const imports = [
  ['express and jose', ['express', 'jose']],
  ['@countersign/express', ['@countersign/express']],
  ['express-oauth2-jwt-bearer', ['express-oauth2-jwt-bearer']],
  ['express-jwt and jwks-rsa', ['express-jwt', 'jwks-rsa']],
]

/**
 * @param {Context} context
 * @returns {Promise<Findings>}
 */
export async function runStart({ settings, say }) {
  say('start: imports')
  const players = imports.map(([name, specifiers]) => ({ name, play: () => importOnce(specifiers) }))
  // The first round fills the file cache.
  await interleave(players, 1)
  const contenders = await interleave(players, settings.start.rounds)
  const metrics = [
    { key: 'cpu', title: 'CPU', unit: 'ms' },
    { key: 'wall', title: 'wall', unit: 'ms' },
  ]
  return {
    groups: [{ section: 'start', name: 'imports', base: 'express and jose', metrics, contenders }],
    facts: [],
  }
}

/** @param {readonly string[]} specifiers */
function importOnce(specifiers) {
  const { stdout, status } = spawnSync(process.execPath, [child, ...specifiers], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`Importing ${specifiers.join(' and ')} failed`)
  return JSON.parse(stdout)
}
