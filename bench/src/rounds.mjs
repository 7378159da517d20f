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

/** A round in which one took so much more CPU than in its best one was disturbed by something else on the machine. */
const DISTURBED = 1.15
/** Fewer rounds say nothing. */
const LEAST_ROUNDS = 5

/**
 * One metric of a contender divided by another contender's, round by round.
 *
 * Where both do the same work in each round, those in which either was disturbed are left out: a core that a stranger shares is a
 * third slower, and what needs more memory than the other loses more. Not those of one of them alone: the other one is then
 * measured with the stranger beside it.
 * @param {readonly Sample[]} samples
 * @param {readonly Sample[]} base
 * @param {string} metric
 * @param {boolean} [isSteady] whether both do the same work in each round
 * @returns {Spread}
 */
export function toRatio(samples, base, metric, isSteady = false) {
  const rounds = samples.map((own, round) => ({ own, other: base[round] ?? {} }))
  const [isCalm, isBaseCalm] = [toCalm(samples), toCalm(base)]
  const calm = isSteady ? rounds.filter(({ own, other }) => isCalm(own) && isBaseCalm(other)) : []
  const counted = calm.length < LEAST_ROUNDS ? rounds : calm
  return toSpread(counted.map(({ own, other }) => (own[metric] ?? NaN) / (other[metric] ?? NaN)))
}

/** @param {readonly Sample[]} samples */
function toCalm(samples) {
  const most = DISTURBED * Math.min(...samples.map(({ cpu = NaN }) => cpu))
  return (/** @type {Sample} */ { cpu = NaN }) => cpu <= most
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
