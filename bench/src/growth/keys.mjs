// What one token costs where its issuer's set has many keys.
import { createVerifier } from '@countersign/core'
import { createTestIssuer, createTestKey } from '@countersign/testing'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { costMetrics, createWorkPlayer } from '../cost.mjs'
import { interleave } from '../rounds.mjs'
import { mintTokens } from '../world.mjs'

/** @import { JSONWebKeySet } from 'jose' */
/** @import { Context, Group } from '../types.js' */

/**
 * Measures with the token cache off. The key that signs stands in the middle of the hundred that are used at most.
 * @param {Context} context
 * @returns {Promise<Group[]>}
 */
export async function growKeys({ settings, say }) {
  const { rounds, keys: counts } = settings.growth
  if (counts.length === 0) return []
  say(`growth: ${Math.max(...counts)} keys in a set`)
  const audience = 'https://api.example.com'
  const issuer = await createTestIssuer({ issuer: 'https://login.example', audience })
  const tokens = await mintTokens(issuer, 'ES256', 1_000)
  const others = await Promise.all(
    Array.from({ length: Math.max(...counts) }, (_, at) => createTestKey('ES256', { kid: `other-${at}` })),
  )
  const ours = []
  const peers = []
  for (const count of counts) {
    const before = others.slice(0, Math.min(50, count - 1)).map(({ publicJwk }) => publicJwk)
    const after = others.slice(before.length, count - 1).map(({ publicJwk }) => publicJwk)
    /** @type {JSONWebKeySet} */
    const jwks = { keys: [...before, ...issuer.jwks.keys, ...after] }
    const verifier = createVerifier({
      audience,
      issuers: [{ issuer: issuer.issuer, keys: { jwks } }],
      tokenCache: false,
    })
    const keys = createLocalJWKSet(jwks)
    const options = { issuer: issuer.issuer, audience }
    const at = (/** @type {number} */ index) => tokens[index % tokens.length] ?? ''
    const player = { isAsync: true, batchMs: 30, warmUpCalls: 1_000 }
    ours.push(await createWorkPlayer(String(count), (index) => verifier.verify(at(index)), player))
    peers.push(await createWorkPlayer(String(count), (index) => jwtVerify(at(index), keys, options), player))
  }
  const shape = { section: /** @type {const} */ ('growth'), base: String(counts[0]), metrics: costMetrics }
  return [
    { ...shape, name: 'keys in a set, countersign', contenders: await interleave(ours, rounds) },
    { ...shape, name: 'keys in a set, jose', contenders: await interleave(peers, rounds) },
  ]
}
