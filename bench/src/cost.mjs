// CPU and wall time of work in this process.

/** @import { Sample } from './types.js' */

/**
 * What a call of some work costs.
 * @param {(index: number) => unknown} work
 * @param {boolean} isAsync whether each call is awaited before the next
 * @param {number} calls
 * @param {number} start the index of the first call
 * @returns {Promise<Sample>} `cpu` (every thread of the process) and `wall`, in microseconds a call
 */
export async function measureCost(work, isAsync, calls, start) {
  const cpu = process.cpuUsage()
  const startedMs = performance.now()
  // Two loops: an await costs a sync library what it does not owe.
  if (isAsync) for (let index = start; index < start + calls; index++) await work(index)
  else for (let index = start; index < start + calls; index++) work(index)
  const wallUs = (performance.now() - startedMs) * 1_000
  const { user, system } = process.cpuUsage(cpu)
  return { cpu: (user + system) / calls, wall: wallUs / calls }
}

/**
 * Makes a player of some work: warms it up, finds how many calls fill a batch, and goes on where the last batch ended.
 * @param {string} name
 * @param {(index: number) => unknown} work
 * @param {{ isAsync: boolean, batchMs: number, warmUpCalls: number }} options
 */
export async function createWorkPlayer(name, work, { isAsync, batchMs, warmUpCalls }) {
  let next = 0
  const play = async (/** @type {number} */ calls) => {
    const sample = await measureCost(work, isAsync, calls, next)
    next += calls
    return sample
  }
  await play(warmUpCalls)
  const { wall = 1 } = await play(Math.max(20, Math.ceil(warmUpCalls / 4)))
  const calls = Math.max(20, Math.round((batchMs * 1_000) / wall))
  return { name, play: () => play(calls) }
}

export const costMetrics = Object.freeze([
  { key: 'cpu', title: 'CPU', unit: 'µs' },
  { key: 'wall', title: 'wall', unit: 'µs' },
])
