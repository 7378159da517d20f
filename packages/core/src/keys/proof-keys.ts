import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { VerificationKey } from '../ports.js'
import { importJwk, ImportedKey, toKeyFamily } from './jwk.js'

/** Clients send the same key with every proof; importing it costs more than verifying with it. */
const MAX_REMEMBERED = 1_000

/** A key that a proof brought along, and the name that a token is bound to it by. */
export interface ProofKey {
  readonly key: VerificationKey
  /** SHA-256 thumbprint, base64url. */
  readonly thumbprint: string
}

/** Imports the keys of proofs, and remembers some by thumbprint. */
export interface ProofKeys {
  /** `undefined` for a key that is no sound public signature key: private, symmetric, weak, off its curve. */
  find(jwk: unknown): ProofKey | undefined
}

/** Creates the memory. Only what was imported whole is remembered, under the hash of exactly what it was imported from. */
export function createProofKeys(): ProofKeys {
  const keys = new LRUCache<string, VerificationKey>({ max: MAX_REMEMBERED })
  return {
    find(jwk) {
      const family = toKeyFamily(jwk)
      if (typeof jwk !== 'object' || jwk === null || !isFamily(family)) return undefined
      const thumbprint = toThumbprint(jwk as Readonly<Record<string, unknown>>)
      if (thumbprint === undefined) return undefined
      const known = keys.get(thumbprint)
      if (known !== undefined) return { key: known, thumbprint }
      // Its own kid and alg play no part: the thumbprint names the key, and the proof's header its algorithm.
      const { kid: _kid, alg: _alg, ...members } = jwk as Readonly<Record<string, unknown>>
      const key = importJwk(members, family)
      if (!(key instanceof ImportedKey)) return undefined
      keys.set(thumbprint, key)
      return { key, thumbprint }
    },
  }
}

function isFamily(family: ReturnType<typeof toKeyFamily>): family is VerificationKey['family'] {
  return family === 'RSA' || family === 'Ed25519' || family.startsWith('P-')
}

/** The members that a thumbprint is made of, in the order of RFC 7638 section 3.2. */
const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  EC: ['crv', 'kty', 'x', 'y'],
  OKP: ['crv', 'kty', 'x'],
  RSA: ['e', 'kty', 'n'],
}

/** The SHA-256 thumbprint of a public JWK. @see RFC 7638 section 3, RFC 8037 section 2 */
export function toThumbprint(jwk: Readonly<Record<string, unknown>>): string | undefined {
  const members = Object.hasOwn(MEMBERS, String(jwk['kty'])) ? MEMBERS[String(jwk['kty'])] : undefined
  if (members === undefined || !members.every((name) => typeof jwk[name] === 'string')) return undefined
  return hash('sha256', JSON.stringify(Object.fromEntries(members.map((name) => [name, jwk[name]]))), 'base64url')
}
