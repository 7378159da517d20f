// The versions of Node that the packages promise, as binaries from npm.
import { existsSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import { readOutput, root, run } from './process.mjs'

const versions = Object.freeze(['20.19.0', '22.23.3', '24.21.0', '26.10.0'])

/**
 * The versions that begin with one of some prefixes: `24` or `24.21.0`. Without prefixes all of them.
 * Ends the process with a sentence where there is none.
 * @param {readonly string[]} [prefixes]
 * @returns {readonly string[]}
 */
export function chooseVersions(prefixes = versions) {
  const chosen = versions.filter((version) => prefixes.some((prefix) => `${version}.`.startsWith(`${prefix}.`)))
  if (chosen.length > 0) return chosen
  console.error(`--node wants the beginning of one of ${versions.join(', ')}`)
  process.exit(2)
}

/**
 * The binary of a version, fetched once. npm's `node` fetches this very package in its preinstall script; asking for
 * it by name needs no script.
 * @param {string} version
 * @returns {Promise<string>}
 */
export async function installNode(version) {
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
