// What one token costs where one, a hundred or ten thousand issuers are trusted. Every issuer has a key of its own.
import { createVerifier } from '@countersign/core'
import { createTestIssuer, createTestKey } from '@countersign/testing'
import { JwtVerifier } from 'aws-jwt-verify'
import { costMetrics, createWorkPlayer } from '../cost.mjs'
import { interleave } from '../rounds.mjs'
import { mintToken } from '../world.mjs'

/** @import { TestKey } from '@countersign/testing' */
/** @import { Context, Group } from '../types.js' */

/** Distinct tokens, spread evenly over the issuers. */
const TOKENS = 4_000
const AUDIENCE = 'https://api.example.com'

/**
 * @typedef {object} Federation
 * @property {{ issuer: string, jwks: { keys: object[] } }[]} issuers
 * @property {string[]} tokens
 */

/**
 * Measures with the token cache off: a token that is found in it looks nothing up. Nothing is fetched.
 * @param {Context} context
 * @returns {Promise<Group[]>}
 */
export async function growIssuers({ settings, say }) {
  const { rounds, issuers: counts } = settings.growth
  const most = Math.max(...counts)
  say(`growth: ${most} issuers`)
  const keys = await Promise.all(Array.from({ length: most }, (_, at) => createTestKey('ES256', { kid: `key-${at}` })))
  const signer = await createTestIssuer({ issuer: 'https://signer.example', audience: AUDIENCE })
  const players = []
  const peers = []
  for (const count of counts) {
    const federation = await createFederation(signer, keys.slice(0, count))
    const name = String(count)
    const options = { batchMs: 60, warmUpCalls: TOKENS }
    players.push(await createWorkPlayer(name, toCountersign(federation), { isAsync: true, ...options }))
    if (settings.verify.peers) {
      peers.push(await createWorkPlayer(name, toAwsJwtVerify(federation), { isAsync: false, ...options }))
    }
  }
  const base = String(counts[0])
  /** @type {Group} */
  const group = {
    section: 'growth',
    name: 'issuers, countersign',
    base,
    isSteady: true,
    metrics: costMetrics,
    contenders: await interleave(players, rounds),
  }
  if (peers.length === 0) return [group]
  return [group, { ...group, name: 'issuers, aws-jwt-verify', contenders: await interleave(peers, rounds) }]
}

/**
 * @param {Parameters<typeof mintToken>[0]} signer
 * @param {readonly TestKey[]} keys
 * @returns {Promise<Federation>}
 */
async function createFederation(signer, keys) {
  const issuers = keys.map((key, at) => ({
    issuer: `https://tenant-${at}.idp.example`,
    jwks: { keys: [key.publicJwk] },
  }))
  const tokens = []
  for (let index = 0; index < TOKENS; index++) {
    const at = Math.floor((index * keys.length) / TOKENS)
    const key = keys[at]
    const iss = issuers[at]?.issuer
    if (key !== undefined) tokens.push(await mintToken(signer, 'ES256', index, { iss }, { key }))
  }
  return { issuers, tokens: shuffle(tokens) }
}

/** @param {Federation} federation */
function toCountersign({ issuers, tokens }) {
  const verifier = createVerifier({
    audience: AUDIENCE,
    issuers: issuers.map(({ issuer, jwks }) => ({ issuer, keys: { jwks } })),
    tokenCache: false,
  })
  return (/** @type {number} */ index) => verifier.verify(tokens[index % tokens.length] ?? '')
}

/** @param {Federation} federation */
function toAwsJwtVerify({ issuers, tokens }) {
  const verifier = JwtVerifier.create(issuers.map(({ issuer }) => ({ issuer, audience: AUDIENCE })))
  for (const { issuer, jwks } of issuers) verifier.cacheJwks(JSON.parse(JSON.stringify(jwks)), issuer)
  return (/** @type {number} */ index) => verifier.verifySync(tokens[index % tokens.length] ?? '')
}

/**
 * The same order in every run, in which neighbours have little in common.
 * @param {string[]} values
 */
function shuffle(values) {
  let state = 1
  for (let at = values.length - 1; at > 0; at--) {
    state = (state * 48_271) % 2_147_483_647
    const other = state % (at + 1)
    ;[values[at], values[other]] = [/** @type {string} */ (values[other]), /** @type {string} */ (values[at])]
  }
  return values
}
