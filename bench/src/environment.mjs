// What was measured, and on what.
import { readFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { isPlaced } from './http/cores.mjs'
import { generator } from './http/load.mjs'

/** @import { Environment } from './types.js' */

const folder = fileURLToPath(new URL('..', import.meta.url))

/** @returns {Environment} */
export function readEnvironment() {
  const { dependencies, devDependencies } = readManifest(folder)
  const names = Object.keys({ ...dependencies, ...devDependencies }).filter((name) => !name.startsWith('@types/'))
  const versions = names.map((name) => [name, readManifest(path.join(folder, 'node_modules', name)).version])
  return {
    node: process.versions.node,
    openssl: process.versions.openssl,
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores: os.availableParallelism(),
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    platform: `${os.platform()} ${os.arch()}`,
    load: os.loadavg()[0]?.toFixed(2) ?? '',
    generator,
    isPlaced,
    versions: Object.fromEntries(versions),
  }
}

/** @param {string} at */
function readManifest(at) {
  return JSON.parse(readFileSync(path.join(at, 'package.json'), 'utf8'))
}
