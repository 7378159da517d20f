import { generateKeyPairSync } from 'node:crypto'
import type { JsonWebKey, KeyObject } from 'node:crypto'
import type { KeyFamily } from '../../src/algorithms.js'

/** A key pair with its public JWK. */
export interface Pair {
  readonly jwk: JsonWebKey & { readonly kid: string }
  readonly privateJwk: JsonWebKey
  readonly privateKey: KeyObject
}

let made = 0

/** Makes a key pair of a family; its `kid` is new each time unless given. */
export function makePair(family: KeyFamily = 'P-256', kid = `key-${++made}`, bits = 2_048): Pair {
  const { publicKey, privateKey } =
    family === 'RSA'
      ? generateKeyPairSync('rsa', { modulusLength: bits })
      : family === 'Ed25519'
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('ec', { namedCurve: family })
  return {
    jwk: { ...publicKey.export({ format: 'jwk' }), kid },
    privateJwk: { ...privateKey.export({ format: 'jwk' }), kid },
    privateKey,
  }
}

/** A set of these keys. */
export function toJwks(...pairs: readonly Pair[]): { readonly keys: readonly object[] } {
  return { keys: pairs.map(({ jwk }) => jwk) }
}
