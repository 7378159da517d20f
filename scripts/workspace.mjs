// What the workspace says about itself: its folders, its package manager, whether its packages are installed.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { root } from './process.mjs'

/**
 * @typedef {object} Manifest
 * @property {string} name
 * @property {boolean} [private]
 * @property {string} [packageManager]
 * @property {Record<string, string>} [scripts]
 * @property {Record<string, string>} [dependencies]
 * @property {Record<string, string>} [devDependencies]
 */

/**
 * @param {string} folder
 * @returns {Manifest}
 */
function readManifest(folder) {
  return JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'))
}

/**
 * Absolute paths of the workspace's packages, the root first.
 * @returns {string[]}
 */
function listFolders() {
  const folders = [root]
  for (const parent of ['packages', 'examples', 'bench', 'test', 'docs']) {
    const at = path.join(root, parent)
    if (!existsSync(at)) continue
    folders.push(at)
    for (const entry of readdirSync(at, { withFileTypes: true })) {
      if (entry.isDirectory() && entry.name !== 'node_modules') folders.push(path.join(at, entry.name))
    }
  }
  return folders.filter((folder) => existsSync(path.join(folder, 'package.json')))
}

/**
 * The version in `packageManager`, which must be pnpm.
 * @returns {string}
 */
export function readPnpmVersion() {
  const wanted = readManifest(root).packageManager ?? ''
  const version = /^pnpm@(\d+\.\d+\.\d+)/.exec(wanted)?.[1]
  if (version === undefined) throw new Error(`packageManager in package.json must be pnpm@x.y.z, not ${wanted}`)
  return version
}

const stampFile = path.join(root, 'node_modules', '.cache', 'workspace', 'installed')

function readFingerprint() {
  const hash = createHash('sha256')
  const files = ['pnpm-lock.yaml', 'pnpm-workspace.yaml'].map((name) => path.join(root, name))
  for (const file of [...files, ...listFolders().map((folder) => path.join(folder, 'package.json'))]) {
    hash.update(path.relative(root, file)).update('\0').update(readFileSync(file)).update('\0')
  }
  return hash.digest('hex')
}

/**
 * Whether `node_modules` holds what the lockfile asks for, as far as the last install of ours can tell.
 * @returns {boolean}
 */
export function isInstalled() {
  if (!existsSync(stampFile) || readFileSync(stampFile, 'utf8') !== readFingerprint()) return false
  return listFolders().every((folder) => {
    const { dependencies = {}, devDependencies = {} } = readManifest(folder)
    const names = Object.keys({ ...dependencies, ...devDependencies })
    return names.every((name) => existsSync(path.join(folder, 'node_modules', name)))
  })
}

/** Remembers that this lockfile and these manifests are installed. */
export function markInstalled() {
  mkdirSync(path.dirname(stampFile), { recursive: true })
  writeFileSync(stampFile, readFingerprint())
}
