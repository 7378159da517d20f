import { constants, createHmac, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

/** An algorithm that a verifier of the suite accepts. */
export type TestAlgorithm =
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

/** An algorithm that a verifier of the suite must refuse, for tokens that try. */
export type RefusedAlgorithm = 'ES256K' | 'Ed448' | 'HS256' | 'HS384' | 'HS512' | 'none'

/** What kind of key pair an algorithm takes. */
export type KeyKind =
  | { readonly type: 'rsa' }
  | { readonly type: 'ec'; readonly namedCurve: string }
  | { readonly type: 'ed25519' }
  | { readonly type: 'ed448' }

interface Algorithm {
  /** `undefined` for a shared secret and for no key at all. */
  readonly keyKind: KeyKind | undefined
  sign(key: KeyObject | Uint8Array, data: Uint8Array): Uint8Array
}

function rs(hash: string): Algorithm {
  return { keyKind: { type: 'rsa' }, sign: (key, data) => sign(hash, data, toPrivateKey(key)) }
}

function ps(hash: string): Algorithm {
  const padding = constants.RSA_PKCS1_PSS_PADDING
  const saltLength = constants.RSA_PSS_SALTLEN_DIGEST
  return {
    keyKind: { type: 'rsa' },
    sign: (key, data) => sign(hash, data, { key: toPrivateKey(key), padding, saltLength }),
  }
}

function es(hash: string, namedCurve: string): Algorithm {
  return {
    keyKind: { type: 'ec', namedCurve },
    sign: (key, data) => sign(hash, data, { key: toPrivateKey(key), dsaEncoding: 'ieee-p1363' }),
  }
}

function ed(type: 'ed25519' | 'ed448'): Algorithm {
  return { keyKind: { type }, sign: (key, data) => sign(null, data, toPrivateKey(key)) }
}

function hs(hash: string): Algorithm {
  return { keyKind: undefined, sign: (key, data) => createHmac(hash, key).update(data).digest() }
}

const algorithms: Readonly<Record<TestAlgorithm | RefusedAlgorithm, Algorithm>> = {
  RS256: rs('sha256'),
  RS384: rs('sha384'),
  RS512: rs('sha512'),
  PS256: ps('sha256'),
  PS384: ps('sha384'),
  PS512: ps('sha512'),
  ES256: es('sha256', 'P-256'),
  ES384: es('sha384', 'P-384'),
  ES512: es('sha512', 'P-521'),
  Ed25519: ed('ed25519'),
  EdDSA: ed('ed25519'),
  ES256K: es('sha256', 'secp256k1'),
  Ed448: ed('ed448'),
  HS256: hs('sha256'),
  HS384: hs('sha384'),
  HS512: hs('sha512'),
  none: { keyKind: undefined, sign: () => new Uint8Array() },
}

/**
 * The kind of key pair `alg` takes.
 *
 * @throws TypeError where the algorithm is unknown, or takes no key pair
 */
export function toKeyKind(alg: TestAlgorithm | RefusedAlgorithm): KeyKind {
  const kind = findAlgorithm(alg).keyKind
  if (kind === undefined) throw new TypeError(`${alg} takes no key pair`)
  return kind
}

/** Whether `alg` signs with a key pair, rather than with a shared secret or not at all. */
export function isAsymmetric(alg: TestAlgorithm | RefusedAlgorithm): boolean {
  return findAlgorithm(alg).keyKind !== undefined
}

/**
 * Signs `data` under `alg`: RFC 7518 section 3, RFC 8037 section 3.1.
 *
 * Does not check that the key fits the algorithm beyond what `node:crypto` does: a test may want the mismatch.
 *
 * @throws TypeError where the algorithm is unknown, or a key pair is wanted and bytes are given
 */
export function signBytes(
  alg: TestAlgorithm | RefusedAlgorithm,
  key: KeyObject | Uint8Array,
  data: Uint8Array,
): Uint8Array {
  return findAlgorithm(alg).sign(key, data)
}

function findAlgorithm(alg: string): Algorithm {
  if (!Object.hasOwn(algorithms, alg)) {
    throw new TypeError(`Unknown algorithm ${JSON.stringify(alg)}; known are ${Object.keys(algorithms).join(', ')}`)
  }
  return algorithms[alg as keyof typeof algorithms]
}

function toPrivateKey(key: KeyObject | Uint8Array): KeyObject {
  if (key instanceof Uint8Array) throw new TypeError('This algorithm signs with a private KeyObject, not with bytes')
  return key
}
