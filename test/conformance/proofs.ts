import { hash } from 'node:crypto'
import { createTestKey } from '@countersign/testing'
import type { TestAlgorithm, TestIssuer, TestKey } from '@countersign/testing'
import { calculateJwkThumbprint } from 'jose'
import type { JWK } from 'jose'

/** A client that sends proofs of possession with its tokens: RFC 9449 section 4. */
export interface ProofClient {
  readonly key: TestKey
  /** The public key, and no more. */
  readonly jwk: JWK
  /** What a token is bound to it by. */
  readonly confirmation: { readonly jkt: string }
  /** A proof for a token, with a `jti` of its own; claims and header members given as `undefined` are left out. */
  proof(token: string, options?: ProofOptions): Promise<string>
}

/** How a proof departs from an ordinary one. */
export interface ProofOptions {
  readonly claims?: Readonly<Record<string, unknown>>
  readonly header?: Readonly<Record<string, unknown>>
  /** Another key that signs, whatever the header says. */
  readonly key?: TestKey
}

/** What an ordinary proof is for. */
export interface ProofTarget {
  readonly method?: string
  readonly url: string
  readonly nowSeconds: () => number
}

let count = 0

/** Creates a client with a fresh key. The issuer merely lends its pen. */
export async function createProofClient(
  issuer: TestIssuer,
  { method = 'GET', url, nowSeconds }: ProofTarget,
  algorithm: TestAlgorithm = 'ES256',
): Promise<ProofClient> {
  const key = await createTestKey(algorithm)
  const { kid: _kid, alg: _alg, use: _use, ...jwk } = key.publicJwk
  return {
    key,
    jwk,
    confirmation: { jkt: await calculateJwkThumbprint(jwk) },
    proof(token, { claims, header, key: signer = key } = {}) {
      const jti = `proof-${count++}`
      const payload = { jti, htm: method, htu: url, iat: nowSeconds(), ath: toAth(token), ...claims }
      return issuer.signRaw({ header: { typ: 'dpop+jwt', alg: algorithm, jwk, ...header }, payload, key: signer })
    },
  }
}

/** What a proof says of the token it goes with. */
export function toAth(token: string): string {
  return hash('sha256', token, 'base64url')
}
