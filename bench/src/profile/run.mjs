// Where the time goes: the profiler of Node over the loops, each in a process of its own.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { countersign, countersignUncached } from '../in-process/contenders.mjs'

/** @import { Profile } from '../types.js' */

const loop = fileURLToPath(new URL('loop.mjs', import.meta.url))

/** @type {readonly (readonly [string, string, string])[]} */
const loops = [
  ['RS256', 'hot', countersign.name],
  ['RS256', 'cold', countersignUncached.name],
  ['ES256', 'cold', countersignUncached.name],
  ['RS256', 'cold', countersign.name],
]

/**
 * @param {number} seconds of each loop
 * @param {number} rows how many functions to tell
 * @param {(text: string) => void} say
 * @returns {Profile[]}
 */
export function runProfiles(seconds, rows, say) {
  return loops.map(([algorithm, heat, contender]) => {
    const name = `${algorithm} ${heat}, ${contender}`
    say(`profile: ${name}`)
    const args = [loop, algorithm, heat, contender, String(seconds)]
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 2 ** 26 })
    if (status !== 0) throw new Error(`The loop ended with ${String(status)}: ${stderr}`)
    return { name, rows: JSON.parse(stdout).slice(0, rows) }
  })
}
