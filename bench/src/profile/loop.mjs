// One loop for the profiler: `loop.mjs <algorithm> <cold|hot> <contender> <seconds>`.
import { countersign, countersignUncached, limit } from '../in-process/contenders.mjs'
import { createWorld } from '../world.mjs'

/** @import { Algorithm } from '../types.js' */

const [algorithm = 'RS256', heat = 'cold', name = '', seconds = '3'] = process.argv.slice(2)
const contender = [countersign, countersignUncached, limit].find((one) => one.name === name) ?? countersign
const world = await createWorld()
const signedWith = /** @type {Algorithm} */ (algorithm)
const tokens = heat === 'hot' ? await world.hotTokens(signedWith) : await world.tokens(signedWith)
await world.close()
const work = contender.create(world, signedWith, tokens)
const untilMs = performance.now() + Number(seconds) * 1_000
let calls = 0
while (performance.now() < untilMs) for (let turn = 0; turn < 100; turn++) await work(calls++)
console.log(calls)
