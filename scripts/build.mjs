// tsc -b, and what it does not see to: outputs of sources that are gone, and outputs that somebody deleted.
import { existsSync, readdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { root, run } from './process.mjs'

const folders = readdirSync(path.join(root, 'packages')).map((name) => path.join(root, 'packages', name))
const ends = ['.js', '.js.map', '.d.ts', '.d.ts.map']

for (const folder of folders) {
  const wanted = new Set(listOutputs(folder))
  // They would be published.
  for (const file of listFiles(path.join(folder, 'dist'))) if (!wanted.has(file)) rmSync(file)
}

let code = await run('tsc', ['-b'])
// The compiler asks its own record whether a package is up to date, and never looks into dist.
const isIncomplete = folders.some((folder) => !listOutputs(folder).every((file) => existsSync(file)))
if (code === 0 && isIncomplete) code = await run('tsc', ['-b', '--force'])
process.exitCode = code

/**
 * What the compiler makes of a package's sources.
 * @param {string} folder
 */
function listOutputs(folder) {
  const src = path.join(folder, 'src')
  const stems = listFiles(src).map((file) => path.relative(src, file).replace(/\.ts$/, ''))
  return stems.flatMap((stem) => ends.map((end) => path.join(folder, 'dist', stem + end)))
}

/**
 * @param {string} folder
 * @returns {string[]}
 */
function listFiles(folder) {
  if (!existsSync(folder)) return []
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return entries.map((entry) => path.join(entry.parentPath, entry.name))
}
