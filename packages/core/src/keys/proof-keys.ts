import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { VerificationKey } from '../ports.js'
import { importJwk, ImportedKey, isKeyFamily, toKeyFamily } from './jwk.js'

/** Clients send the same key with every proof; importing it costs more than verifying with it. */
const MAX_REMEMBERED = 1_000

/** Imports the keys of proofs, and remembers some by thumbprint. */
export interface ProofKeys {
  /**
   * The key that a proof brought along, if it is the one that the token is bound to.
   *
   * `'unsound'` for what is no good public signature key: private, symmetric, weak, off its curve; `'other'` for a key of
   * another name. Nothing is imported or remembered of either.
   *
   * @param thumbprint the name that the token is bound to: SHA-256, base64url
   */
  find(jwk: unknown, thumbprint: string): VerificationKey | 'unsound' | 'other'
}

/** Creates the memory. Only what was imported whole is remembered, under the hash of exactly what it was imported from. */
export function createProofKeys(): ProofKeys {
  const keys = new LRUCache<string, VerificationKey>({ max: MAX_REMEMBERED })
  return {
    find(jwk, thumbprint) {
      // Asked each time: a key that came with its private half is refused, although it is remembered without.
      const family = toKeyFamily(jwk)
      if (!isKeyFamily(family)) return 'unsound'
      const { kid: _kid, alg: _alg, ...members } = jwk as Readonly<Record<string, unknown>>
      const own = toThumbprint(members)
      if (own === undefined) return 'unsound'
      // Before it is imported: strangers' keys must cost nothing, nor push those of clients out of the memory.
      if (own !== thumbprint) return 'other'
      const known = keys.get(thumbprint)
      if (known !== undefined) return known
      // Its own kid and alg play no part: the thumbprint names the key, and the proof's header its algorithm.
      const key = importJwk(members, family)
      if (!(key instanceof ImportedKey)) return 'unsound'
      keys.set(thumbprint, key)
      return key
    },
  }
}

/** The members that a thumbprint is made of, in the order of RFC 7638 section 3.2. */
const MEMBERS: ReadonlyMap<unknown, readonly string[]> = new Map([
  ['EC', ['crv', 'kty', 'x', 'y']],
  ['OKP', ['crv', 'kty', 'x']],
  ['RSA', ['e', 'kty', 'n']],
])

/**
 * The SHA-256 thumbprint of a public JWK, base64url; `undefined` where a member that it is made of is no string.
 *
 * Not checked: whether the key is any good, and whether its members are canonical base64url: another spelling is another name.
 * @see RFC 7638 section 3, RFC 8037 section 2
 */
export function toThumbprint(jwk: Readonly<Record<string, unknown>>): string | undefined {
  const names = MEMBERS.get(jwk['kty'])
  if (names === undefined || !names.every((name) => typeof jwk[name] === 'string')) return undefined
  return hash('sha256', JSON.stringify(Object.fromEntries(names.map((name) => [name, jwk[name]]))), 'base64url')
}
