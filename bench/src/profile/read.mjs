// What a .cpuprofile says: the functions by the time spent in themselves.
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * @typedef {object} ProfileNode
 * @property {number} id
 * @property {{ functionName: string, url: string, lineNumber: number }} callFrame
 * @property {readonly number[]} [children]
 */

/**
 * @typedef {object} SelfTime
 * @property {string} name function and file
 * @property {number} share of the time in the loop, 0 to 1
 */

/**
 * Functions by self time, the longest first; only what ran beneath the loop, so that signing the tokens is not counted.
 * @param {{ nodes: readonly ProfileNode[], samples: readonly number[], timeDeltas: readonly number[] }} profile
 * @param {string} below a function: what it did not call is left out
 * @returns {SelfTime[]}
 */
export function readSelfTimes({ nodes, samples, timeDeltas }, below) {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const inside = new Set()
  const mark = (/** @type {ProfileNode} */ node) => {
    inside.add(node.id)
    for (const child of node.children ?? []) mark(/** @type {ProfileNode} */ (byId.get(child)))
  }
  for (const node of nodes) if (toName(node) === below || isPart(node)) mark(node)
  /** @type {Map<string, number>} */
  const selfUs = new Map()
  let totalUs = 0
  for (const [index, id] of samples.entries()) {
    const node = byId.get(id)
    if (node === undefined || !inside.has(id)) continue
    const us = timeDeltas[index] ?? 0
    totalUs += us
    selfUs.set(toName(node), (selfUs.get(toName(node)) ?? 0) + us)
  }
  return [...selfUs].map(([name, us]) => ({ name, share: us / totalUs })).sort((a, b) => b.share - a.share)
}

/** The collector runs beneath whatever allocated last, or beneath nothing at all. @param {ProfileNode} node */
function isPart({ callFrame }) {
  return callFrame.functionName === '(garbage collector)'
}

/** @param {ProfileNode} node */
function toName({ callFrame }) {
  const { functionName, url } = callFrame
  const file = url.startsWith('file:') ? toShortPath(fileURLToPath(url)) : url
  return `${functionName === '' ? '(anonymous)' : functionName}${file === '' ? '' : `  ${file}`}`
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
