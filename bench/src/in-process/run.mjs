// verify() beside bare crypto.verify and everybody else's, in one process.
import { costMetrics, createWorkPlayer } from '../cost.mjs'
import { interleave } from '../rounds.mjs'
import { checkContender, countersign, countersignUncached, limit, peers } from './contenders.mjs'
import { createWork } from './work.mjs'

/** @import { Algorithm, Context, Findings, Group } from '../types.js' */
/** @import { Contender } from './contenders.mjs' */

/**
 * One sitting: measures every algorithm cold (every token distinct) and hot (a few tokens again and again).
 * @param {Context} context
 * @returns {Promise<Findings>}
 */
export async function runVerify(context) {
  const groups = []
  await settle(context)
  for (const algorithm of context.settings.verify.algorithms) {
    for (const heat of /** @type {const} */ (['cold', 'hot'])) groups.push(await runGroup(context, algorithm, heat))
  }
  return { groups, facts: [] }
}

/** @param {Context} context */
async function settle({ settings, world, say }) {
  const { settlingCalls } = settings.verify
  if (settlingCalls === 0) return
  say('verify: until the heap has settled')
  const work = await createWork(world, countersign, 'RS256', false)
  for (let index = 0; index < settlingCalls; index++) await work(index)
}

/**
 * @param {Context} context
 * @param {Algorithm} algorithm
 * @param {'cold' | 'hot'} heat
 * @returns {Promise<Group>}
 */
async function runGroup({ settings, world, say }, algorithm, heat) {
  const { batchMs, rounds, sittings, warmUpCalls } = settings.verify
  const name = `${algorithm} ${heat}`
  say(`verify: ${name}`)
  const isHot = heat === 'hot'
  // A hot token is as fast whatever signed it, so that all of them are measured by one limit.
  const base = isHot ? { ...limit, name: 'crypto.verify RS256' } : limit
  const contenders = [base, countersign, countersignUncached, ...(settings.verify.peers ? peers : [])]
  const players = []
  for (const contender of contenders) {
    if (contender.only?.includes(algorithm) === false) continue
    const signedWith = contender === base && isHot ? 'RS256' : algorithm
    players.push(await createPlayer(world, contender, signedWith, isHot, { batchMs, warmUpCalls }))
  }
  const played = await interleave(players, Math.ceil(rounds / sittings))
  return { section: 'verify', name, base: base.name, isSteady: true, metrics: costMetrics, contenders: played }
}

/**
 * Warmed up for so long because what is compiled while it is measured costs up to a third, with ES256 for the first twenty rounds.
 * @param {Context['world']} world
 * @param {Contender} contender
 * @param {Algorithm} algorithm
 * @param {boolean} isHot
 * @param {{ batchMs: number, warmUpCalls: number }} options
 */
async function createPlayer(world, contender, algorithm, isHot, { batchMs, warmUpCalls }) {
  await checkContender(contender, world, algorithm, await world.tokens(algorithm))
  const work = await createWork(world, contender, algorithm, isHot)
  return createWorkPlayer(contender.name, work, {
    isAsync: contender.isAsync,
    batchMs,
    warmUpCalls: Math.max(isHot ? 4_000 : 0, warmUpCalls),
  })
}
