// Turns, so that whatever else the machine does falls on everybody alike.

/** @import { Sample } from './types.js' */

/**
 * @typedef {object} Player
 * @property {string} name
 * @property {() => Sample | Promise<Sample>} play does one round's work, and says what it cost
 */

/**
 * Lets every player play once a round, in another order each time.
 * @param {readonly Player[]} players
 * @param {number} rounds
 * @param {(round: number) => void} [onRound]
 * @returns {Promise<{ name: string, samples: Sample[] }[]>}
 */
export async function interleave(players, rounds, onRound) {
  const played = players.map(({ name }) => ({ name, samples: /** @type {Sample[]} */ ([]) }))
  for (let round = 0; round < rounds; round++) {
    onRound?.(round)
    for (let turn = 0; turn < players.length; turn++) {
      const forward = (turn + round) % players.length
      const at = round % 2 === 0 ? forward : players.length - 1 - forward
      const sample = await players[at]?.play()
      if (sample !== undefined) played[at]?.samples.push(sample)
    }
  }
  return played
}

/**
 * @typedef {object} Spread
 * @property {number} min
 * @property {number} median
 * @property {number} max
 */

/**
 * @param {readonly number[]} values
 * @returns {Spread}
 */
export function toSpread(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const median = ((sorted[Math.ceil(middle) - 1] ?? NaN) + (sorted[Math.floor(middle)] ?? NaN)) / 2
  return { min: sorted[0] ?? NaN, median, max: sorted.at(-1) ?? NaN }
}

/**
 * One metric of a contender divided by another contender's, round by round.
 * @param {readonly Sample[]} samples
 * @param {readonly Sample[]} base
 * @param {string} metric
 * @returns {Spread}
 */
export function toRatio(samples, base, metric) {
  return toSpread(samples.map((sample, round) => (sample[metric] ?? NaN) / (base[round]?.[metric] ?? NaN)))
}
