import { createPrivateKey, createPublicKey } from 'node:crypto'
import type { KeyRecord, Ring } from './ring.js'
import type { OwnKey, Signer, SigningAlgorithm } from './signing-keys.js'

/** The key set as it is published, RFC 7517 section 5. */
export interface PublishedKeys {
  readonly keys: readonly Readonly<Record<string, unknown>>[]
}

/** A ring that was accepted, its keys imported. */
export interface HeldRing {
  readonly ring: Ring
  /** As it lies in the store. */
  readonly bytes: Uint8Array
  readonly signers: ReadonlyMap<SigningAlgorithm, Signer>
  readonly keys: ReadonlyMap<string, OwnKey>
  readonly jwks: PublishedKeys
}

/** Imports the keys of a ring, without those that were revoked, here or in the ring. */
export function toHeldRing(ring: Ring, bytes: Uint8Array, isRevoked: (kid: string) => boolean): HeldRing {
  const signers = new Map<SigningAlgorithm, Signer>()
  const keys = new Map<string, OwnKey>()
  const published: Readonly<Record<string, unknown>>[] = []
  for (const { kid, algorithm, state, publicJwk, privateKey } of toPublicationOrder(ring.records)) {
    if (publicJwk === undefined || isRevoked(kid)) continue
    keys.set(kid, { kid, algorithm, publicKey: createPublicKey({ key: { ...publicJwk }, format: 'jwk' }) })
    published.push(Object.freeze({ ...publicJwk, kid, use: 'sig', alg: algorithm }))
    if (state === 'active' && privateKey !== undefined) {
      const key = Buffer.from(privateKey, 'base64url')
      signers.set(algorithm, { kid, algorithm, privateKey: createPrivateKey({ key, format: 'der', type: 'pkcs8' }) })
      key.fill(0)
    }
  }
  return { ring, bytes, signers, keys, jwks: Object.freeze({ keys: Object.freeze(published) }) }
}

/** By `kid`: one ring is one key set, byte for byte, on every replica, and its entity tag is too. */
function toPublicationOrder(records: readonly KeyRecord[]): readonly KeyRecord[] {
  return records.toSorted((left, right) => (left.kid < right.kid ? -1 : 1))
}
