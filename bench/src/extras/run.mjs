// What guards, mappings, schemas and watching add to a request.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import {
  CHANNELS,
  allOf,
  anyOf,
  createVerifier,
  memoryRevocationStore,
  requireClaim,
  requireRoles,
  requireScopes,
} from '@countersign/core'
import { z } from 'zod'
import { costMetrics, createWorkPlayer } from '../cost.mjs'
import { interleave } from '../rounds.mjs'

/** @import { Guard, VerifierOptions } from '@countersign/core' */
/** @import { Context, Findings, Group } from '../types.js' */

/** @type {readonly (readonly [string, Guard])[]} */
const guards = [
  ['requireScopes, one', requireScopes('orders:read')],
  ['requireScopes, three', requireScopes('openid', 'orders:read', 'orders:write')],
  ['requireRoles', requireRoles('buyer')],
  ['requireClaim', requireClaim(['client_id'], 'client-1')],
  ['allOf of two', allOf(requireScopes('orders:read'), requireRoles('buyer'))],
  ['anyOf, the second holds', anyOf(requireScopes('orders:admin'), requireScopes('orders:read'))],
]

const plain = z.object({ sub: z.string(), roles: z.array(z.string()), client_id: z.string() })
const dated = z.object({ sub: z.string(), exp: z.number().transform((seconds) => new Date(seconds * 1_000)) })
const mapping = {
  roles: { all: [{ claim: '/roles', prefix: 'app:' }, { claim: ['groups'] }] },
  tenant: { constant: 'acme' },
  attributes: { session: { claim: ['jti'] }, client: { claim: ['client_id'] } },
}

/** @type {readonly (readonly [string, Partial<VerifierOptions<unknown>> & { issuer?: object }])[]} */
const options = [
  ['mapping by data', { issuer: { mapping } }],
  [
    'mapping by a function',
    {
      issuer: {
        mapping: (/** @type {{ sub: string }} */ payload) => ({ subject: payload.sub, scopes: ['orders:read'] }),
      },
    },
  ],
  ['grants', { issuer: { grants: { scopes: ['orders:read', 'orders:write'], roles: ['buyer'] } } }],
  ['schema, plain output', { claims: plain }],
  ['schema, output with a Date', { claims: dated }],
  ['revocation store in memory', { revocationStore: memoryRevocationStore() }],
]

const BARE = 'verify alone'

/**
 * Measures each beside the same verifier without it, hot and (for what runs while verifying) cold.
 * @param {Context} context
 * @returns {Promise<Findings>}
 */
export async function runExtras(context) {
  if (context.settings.extras.rounds === 0) return { groups: [], facts: [] }
  return {
    groups: [await runGuards(context), await runOptions(context, 'hot'), await runOptions(context, 'cold')],
    facts: [],
  }
}

/**
 * @param {Context} context
 * @returns {Promise<Group>}
 */
async function runGuards({ settings, world, say }) {
  say('extras: guards')
  const { rounds, batchMs } = settings.extras
  const tokens = await world.hotTokens('ES256')
  const verifier = create(world, {})
  const at = (/** @type {number} */ index) => tokens[index % tokens.length] ?? ''
  const player = { isAsync: true, batchMs, warmUpCalls: 4_000 }
  const players = []
  for (const [name, guard] of [/** @type {const} */ ([BARE, undefined]), ...guards]) {
    const work = async (/** @type {number} */ index) => guard?.check(await verifier.verify(at(index)))
    const alone = async (/** @type {number} */ index) => void (await verifier.verify(at(index)))
    players.push(await createWorkPlayer(name, guard === undefined ? alone : work, player))
  }
  const played = await interleave(players, rounds)
  return { section: 'extras', name: 'guards, hot', base: BARE, metrics: costMetrics, contenders: played }
}

/**
 * @param {Context} context
 * @param {'hot' | 'cold'} heat
 * @returns {Promise<Group>}
 */
async function runOptions({ settings, world, say }, heat) {
  say(`extras: mapping, schema and the like, ${heat}`)
  const { rounds, batchMs } = settings.extras
  const isHot = heat === 'hot'
  const tokens = isHot ? await world.hotTokens('ES256') : (await world.tokens('ES256')).slice(0, 1_000)
  const at = (/** @type {number} */ index) => tokens[index % tokens.length] ?? ''
  const player = { isAsync: true, batchMs, warmUpCalls: isHot ? 4_000 : 1_000 }
  const cache = isHot ? {} : { tokenCache: /** @type {const} */ (false) }
  const players = []
  for (const [name, own] of [/** @type {const} */ ([BARE, {}]), ...options]) {
    const verifier = create(world, { ...own, ...cache })
    players.push(await createWorkPlayer(name, (index) => verifier.verify(at(index)), player))
  }
  const watched = create(world, cache)
  const watch = await createWorkPlayer('somebody listens to the verdicts', (index) => watched.verify(at(index)), player)
  players.push({ name: watch.name, play: () => whileSubscribed(watch.play) })
  const played = await interleave(players, rounds)
  return { section: 'extras', name: `options, ${heat}`, base: BARE, metrics: costMetrics, contenders: played }
}

/**
 * @param {Context['world']} world
 * @param {Partial<VerifierOptions<unknown>> & { issuer?: object }} own
 */
function create({ issuer, audience }, { issuer: rules, ...own }) {
  const entry = { issuer: issuer.issuer, keys: { jwks: issuer.jwks }, ...rules }
  return createVerifier({ audience, issuers: [entry], network: { allowInsecureLoopback: true }, ...own })
}

/**
 * Channels belong to the process: nobody may listen while others play.
 * @template T
 * @param {() => Promise<T>} play
 */
async function whileSubscribed(play) {
  const listen = () => {}
  subscribe(CHANNELS.verdict, listen)
  try {
    return await play()
  } finally {
    unsubscribe(CHANNELS.verdict, listen)
  }
}
