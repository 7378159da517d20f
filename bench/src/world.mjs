// The issuer that everybody verifies tokens of, and its tokens.
import { createTestIssuer } from '@countersign/testing'

/** @import { Algorithm, World } from './types.js' */

/** The entries of the token cache: it remembers as many, and of as many others that they came once. */
const CACHED_TOKENS = 5_000
/** So many that one is forgotten before it comes again, with room for requests that the load generator has under way. */
const COLD_TOKENS = 5_600
const HOT_TOKENS = 8
const HOT_COPIES = 64

/**
 * Creates an issuer with a key of each algorithm, listening on loopback.
 * @returns {Promise<World>}
 */
export async function createWorld() {
  const audience = 'https://api.example.com'
  const issuer = await createTestIssuer({
    audience,
    algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
    cacheControl: 'public, max-age=3600',
  })
  await issuer.listen()
  /** @type {Map<string, Promise<readonly string[]>>} */
  const minted = new Map()
  const remember = (/** @type {string} */ name, /** @type {() => Promise<readonly string[]>} */ mint) => {
    const known = minted.get(name) ?? mint()
    minted.set(name, known)
    return known
  }
  return {
    issuer,
    audience,
    tokens: (algorithm) => remember(`cold ${algorithm}`, () => mintTokens(issuer, algorithm, COLD_TOKENS)),
    hotTokens: (algorithm) =>
      remember(`hot ${algorithm}`, async () => {
        const few = await mintTokens(issuer, algorithm, HOT_TOKENS)
        return Array.from({ length: HOT_COPIES }, () => few.map(toFlat)).flat()
      }),
    fillTokens: () => remember('fill', () => mintTokens(issuer, 'ES256', CACHED_TOKENS)),
    close: () => issuer.close(),
  }
}

/**
 * Signs distinct access tokens: the claims of RFC 9068 section 2.2, five scopes and two roles; 640 characters with ES256,
 * 900 with RS256.
 * @param {Pick<World['issuer'], 'token'>} issuer
 * @param {Algorithm} alg
 * @param {number} count
 * @returns {Promise<string[]>}
 */
export async function mintTokens(issuer, alg, count) {
  const tokens = []
  for (let index = 0; index < count; index++) tokens.push(await mintToken(issuer, alg, index))
  return tokens
}

/**
 * @param {Pick<World['issuer'], 'token'>} issuer
 * @param {Algorithm} alg
 * @param {number} index
 * @param {Readonly<Record<string, unknown>>} [claims]
 * @param {import('@countersign/testing').TokenOptions} [options]
 */
export async function mintToken(issuer, alg, index, claims = {}, options = {}) {
  const usual = {
    sub: `auth0|65f0c3d2a9b1e4f7${String(index).padStart(8, '0')}`,
    scope: 'openid profile orders:read orders:write invoices:read',
    roles: ['buyer', 'approver'],
  }
  return toFlat(await issuer.token({ ...usual, ...claims }, { alg, expiresInSeconds: 86_400, ...options }))
}

/**
 * The same text in memory of its own: what was put together from parts is a tree of strings until somebody reads it.
 * @param {string} text
 */
function toFlat(text) {
  return Buffer.from(text, 'latin1').toString('latin1')
}
