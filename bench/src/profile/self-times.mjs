// What a CPU profile says: the functions by the time spent in themselves.
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** @import { Profiler } from 'node:inspector' */

/**
 * Functions by self time, the longest first, as shares of the whole from 0 to 1.
 * @param {Profiler.Profile} profile
 * @returns {{ name: string, share: number }[]}
 */
export function readSelfTimes({ nodes, samples = [], timeDeltas = [] }) {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, toName(callFrame)]))
  /** @type {Map<string, number>} */
  const selfUs = new Map()
  let totalUs = 0
  for (const [index, id] of samples.entries()) {
    const name = names.get(id) ?? ''
    // The profiler itself, starting and stopping.
    if (name === 'post node:inspector') continue
    const us = timeDeltas[index] ?? 0
    totalUs += us
    selfUs.set(name, (selfUs.get(name) ?? 0) + us)
  }
  return [...selfUs].map(([name, us]) => ({ name, share: us / totalUs })).sort((a, b) => b.share - a.share)
}

/** @param {{ functionName: string, url: string }} callFrame */
function toName({ functionName, url }) {
  const file = url.startsWith('file:') ? toShortPath(fileURLToPath(url)) : url
  return `${functionName === '' ? '(anonymous)' : functionName}${file === '' ? '' : ` ${file}`}`
}

/** @param {string} file */
function toShortPath(file) {
  const parts = file.split(path.sep)
  const modules = parts.lastIndexOf('node_modules')
  const packages = parts.lastIndexOf('packages')
  const from = modules >= 0 ? modules + 1 : packages >= 0 ? packages + 1 : parts.length - 2
  return parts
    .slice(from)
    .filter((part) => part !== 'dist')
    .join('/')
}
