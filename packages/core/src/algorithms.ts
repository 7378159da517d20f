import { constants, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { toDer } from './keys/der.js'

/** The name of a signature algorithm: RFC 7518 section 3.1, RFC 8037, RFC 9864. No HMAC, no `none`, no ES256K, no Ed448. */
export type AlgorithmName =
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'Ed25519'
  | 'EdDSA'

/** What kind of key an algorithm takes; a key has exactly one. */
export type KeyFamily = 'RSA' | 'P-256' | 'P-384' | 'P-521' | 'Ed25519'

/** Everything the suite needs to know of one algorithm, in one place. */
export interface Algorithm {
  readonly name: AlgorithmName
  readonly family: KeyFamily
  /** Verifies synchronously on this thread; never throws for a bad signature. */
  verify(data: Uint8Array, key: KeyObject, signature: Uint8Array): boolean
}

/** RSASSA-PKCS1-v1_5, RFC 7518 section 3.3. */
function rs(name: AlgorithmName, hash: string): Algorithm {
  return { name, family: 'RSA', verify: (data, key, signature) => verify(hash, data, key, signature) }
}

/** RSASSA-PSS with a salt as long as the hash, RFC 7518 section 3.5. */
function ps(name: AlgorithmName, hash: string): Algorithm {
  const padding = constants.RSA_PKCS1_PSS_PADDING
  const saltLength = constants.RSA_PSS_SALTLEN_DIGEST
  return {
    name,
    family: 'RSA',
    verify: (data, key, signature) => verify(hash, data, { key, padding, saltLength }, signature),
  }
}

/**
 * ECDSA, RFC 7518 section 3.4: R and S side by side, each as long as the curve's order.
 * Turned into DER by hand: passing `dsaEncoding` instead of the bare key costs 13 us on Node 24.
 */
function es(name: AlgorithmName, hash: string, family: KeyFamily, orderBytes: number): Algorithm {
  return {
    name,
    family,
    verify: (data, key, signature) =>
      signature.length === orderBytes * 2 && verify(hash, data, key, toDer(signature, orderBytes)),
  }
}

/** Ed25519, RFC 8032, under both of its names: RFC 8037 section 3.1 and RFC 9864. */
function ed(name: AlgorithmName): Algorithm {
  return {
    name,
    family: 'Ed25519',
    verify: (data, key, signature) => signature.length === 64 && verify(null, data, key, signature),
  }
}

/** The one algorithm table. What is not in it does not exist; names are compared exactly (RFC 7515 section 4.1.1). */
export const ALGORITHMS: ReadonlyMap<string, Algorithm> = new Map(
  [
    rs('RS256', 'sha256'),
    rs('RS384', 'sha384'),
    rs('RS512', 'sha512'),
    ps('PS256', 'sha256'),
    ps('PS384', 'sha384'),
    ps('PS512', 'sha512'),
    es('ES256', 'sha256', 'P-256', 32),
    es('ES384', 'sha384', 'P-384', 48),
    es('ES512', 'sha512', 'P-521', 66),
    ed('Ed25519'),
    ed('EdDSA'),
  ].map((algorithm) => [algorithm.name, algorithm]),
)
