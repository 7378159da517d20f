// What a token costs by its length.
import { createVerifier } from '@countersign/core'
import { createTestIssuer } from '@countersign/testing'
import { costMetrics, createWorkPlayer } from '../cost.mjs'
import { interleave } from '../rounds.mjs'
import { mintToken } from '../world.mjs'

/** @import { TestIssuer } from '@countersign/testing' */
/** @import { Context, Group } from '../types.js' */

const AUDIENCE = 'https://api.example.com'

/**
 * Measures cold (no token cache) and hot: groups with names of 16 letters fill the token.
 * @param {Context} context
 * @returns {Promise<Group[]>}
 */
export async function growSizes({ settings, say }) {
  const { rounds, tokenKiB } = settings.growth
  if (tokenKiB.length === 0) return []
  say('growth: length of a token')
  const issuer = await createTestIssuer({ issuer: 'https://login.example', audience: AUDIENCE })
  const cold = []
  const hot = []
  for (const kiB of tokenKiB) {
    const tokens = await mintOfLength(issuer, kiB * 1_024)
    const options = { audience: AUDIENCE, issuers: [{ issuer: issuer.issuer, keys: { jwks: issuer.jwks } }] }
    const uncached = createVerifier({ ...options, tokenCache: false })
    const cached = createVerifier(options)
    const at = (/** @type {number} */ index) => tokens[index % tokens.length] ?? ''
    const player = { isAsync: true, batchMs: 30, warmUpCalls: 1_000 }
    cold.push(await createWorkPlayer(`${kiB} KiB`, (index) => uncached.verify(at(index)), player))
    hot.push(await createWorkPlayer(`${kiB} KiB`, (index) => cached.verify(at(index)), player))
  }
  const shape = { section: /** @type {const} */ ('growth'), base: `${tokenKiB[0]} KiB`, metrics: costMetrics }
  return [
    { ...shape, name: 'length of a token, cold', contenders: await interleave(cold, rounds) },
    { ...shape, name: 'length of a token, hot', contenders: await interleave(hot, rounds) },
  ]
}

/**
 * @param {TestIssuer} issuer
 * @param {number} length in characters; reached from below
 */
async function mintOfLength(issuer, length) {
  const bare = (await mintToken(issuer, 'ES256', 0, { groups: [], roles: undefined, scope: 'orders:read' })).length
  const groups = Array.from(
    { length: Math.max(0, Math.floor(((length - bare) * 3) / 4 / 19)) },
    (_, at) => `group-${String(at).padStart(10, '0')}`,
  )
  const tokens = []
  for (let index = 0; index < 300; index++) {
    tokens.push(await mintToken(issuer, 'ES256', index, { groups, roles: undefined, scope: 'orders:read' }))
  }
  return tokens
}
