// Hot tokens in this process, with and without a trail: nothing of a request is there to hide behind.
import path from 'node:path'
import { fileSink } from '@countersign/audit'
import { createVerifier } from '@countersign/core'
import { costMetrics, createWorkPlayer } from '../cost.mjs'
import { interleave } from '../rounds.mjs'
import { createTrail } from './trail.mjs'

/** @import { Context, Group } from '../types.js' */

const NOT_AUDITED = 'not audited'

/**
 * @param {Context} context
 * @param {string} folder
 * @returns {Promise<Group>}
 */
export async function runVerdicts({ settings, world, say }, folder) {
  say('audit: hot tokens in process')
  const { rounds, batchMs } = settings.audit
  const tokens = await world.hotTokens('ES256')
  const sampled = createTrail(fileSink(path.join(folder, 'verdicts.jsonl')), 0.01)
  await sampled.ready()
  const players = []
  for (const [name, audit] of /** @type {const} */ ([
    [NOT_AUDITED, undefined],
    ['1 % recorded', sampled],
  ])) {
    const { issuer, jwks } = world.issuer
    const verifier = createVerifier({ audience: world.audience, issuers: [{ issuer, keys: { jwks } }], audit })
    const work = (/** @type {number} */ index) => verifier.verify(tokens[index % tokens.length] ?? '')
    players.push(await createWorkPlayer(name, work, { isAsync: true, batchMs, warmUpCalls: 4_000 }))
  }
  const played = await interleave(players, rounds)
  await sampled.close()
  return {
    section: 'audit',
    name: 'hot tokens in process, verdicts audited',
    base: NOT_AUDITED,
    metrics: costMetrics,
    contenders: played,
  }
}
