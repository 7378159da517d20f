// A report without its samples.
import { judgeBars } from '../bars.mjs'
import { toRatio, toSpread } from '../rounds.mjs'

/** @import { Group, Report, Summary, SummaryGroup } from '../types.js' */

/**
 * @param {Report} report
 * @param {number} allowance as {@link judgeBars} takes it
 * @returns {Summary}
 */
export function toSummary({ groups, facts, profiles, mode, startedAt, seconds, environment }, allowance) {
  const bars = judgeBars({ groups, facts }, allowance)
  return { mode, startedAt, seconds, environment, groups: groups.map(toSummaryGroup), facts, profiles, bars }
}

/**
 * @param {Group} group
 * @returns {SummaryGroup}
 */
function toSummaryGroup({ section, name, base, metrics, contenders, isSteady }) {
  const others = contenders.find((contender) => contender.name === base)?.samples ?? []
  const summed = contenders.map((contender) => ({
    name: contender.name,
    figures: Object.fromEntries(
      metrics.map(({ key }) => {
        const typical = toSpread(contender.samples.map((sample) => sample[key] ?? NaN)).median
        return [key, { ratio: toRatio(contender.samples, others, key, isSteady), typical }]
      }),
    ),
  }))
  return { section, name, base, metrics, contenders: summed }
}
