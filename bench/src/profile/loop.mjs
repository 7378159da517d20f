// One loop under the profiler: `loop.mjs <algorithm> <cold|hot> <contender> <seconds>` prints functions by self time.
// It is the profiler of `node --cpu-prof`, started once everything is warm and stopped before anything is torn down.
import { Session } from 'node:inspector/promises'
import { countersign, countersignUncached, limit } from '../in-process/contenders.mjs'
import { createWork } from '../in-process/work.mjs'
import { createWorld } from '../world.mjs'
import { readSelfTimes } from './self-times.mjs'

/** @import { Algorithm } from '../types.js' */

const [algorithm = 'RS256', heat = 'cold', name = '', seconds = '3'] = process.argv.slice(2)
const contender = [countersign, countersignUncached, limit].find((one) => one.name === name) ?? countersign
const world = await createWorld()
const signedWith = /** @type {Algorithm} */ (algorithm)
const work = await createWork(world, contender, signedWith, heat === 'hot')
await world.close()
let calls = 0
await runLoop(1)

const session = new Session()
session.connect()
await session.post('Profiler.enable')
await session.post('Profiler.setSamplingInterval', { interval: 200 })
await session.post('Profiler.start')
await runLoop(Number(seconds))
const { profile } = await session.post('Profiler.stop')
session.disconnect()
console.log(JSON.stringify(readSelfTimes(profile)))

/** @param {number} forSeconds */
async function runLoop(forSeconds) {
  const untilMs = performance.now() + forSeconds * 1_000
  while (performance.now() < untilMs) for (let turn = 0; turn < 500; turn++) await work(calls++)
}
