// Turns, so that whatever else the machine does falls on everybody alike.

/** @import { Group, Sample } from './types.js' */

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

/** A round in which the base took so much more than in its best one was disturbed by something else on the machine. */
const DISTURBED = 1.15
/** Fewer rounds say nothing. */
const LEAST_ROUNDS = 5

/**
 * One metric of a contender divided by another contender's, round by round.
 * @param {readonly Sample[]} samples
 * @param {readonly Sample[]} base
 * @param {string} metric
 * @param {boolean} [isSteady] whether the base does the same work each time, so that disturbed rounds can be told and left out
 * @returns {Spread}
 */
export function toRatio(samples, base, metric, isSteady = false) {
  const costs = base.map((sample) => sample[metric] ?? NaN)
  const most = isSteady ? DISTURBED * Math.min(...costs) : Infinity
  const all = samples.map((sample, round) => ({
    cost: costs[round] ?? NaN,
    ratio: (sample[metric] ?? NaN) / (costs[round] ?? NaN),
  }))
  const calm = all.filter(({ cost }) => cost <= most)
  return toSpread((calm.length < LEAST_ROUNDS ? all : calm).map(({ ratio }) => ratio))
}

/**
 * Puts what several sittings measured together: the rounds of each contender, one sitting after the other.
 * @param {readonly Group[]} groups
 * @returns {Group[]}
 */
export function joinSittings(groups) {
  /** @type {Map<string, Group>} */
  const joined = new Map()
  for (const group of groups) {
    const key = `${group.section} ${group.name}`
    const earlier = joined.get(key)
    const contenders = group.contenders.map(({ name, samples }) => ({
      name,
      samples: [...(earlier?.contenders.find((one) => one.name === name)?.samples ?? []), ...samples],
    }))
    joined.set(key, { ...group, contenders })
  }
  return [...joined.values()]
}
