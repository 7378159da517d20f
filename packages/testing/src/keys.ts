import { generateKeyPair as generate } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { calculateJwkThumbprint } from 'jose'
import type { JWK } from 'jose'
import { toKeyKind } from './algorithms.js'
import type { KeyKind, RefusedAlgorithm, TestAlgorithm } from './algorithms.js'

const generateKeyPair = promisify(generate)

/** A key pair with the name and the algorithm it goes by. */
export interface TestKey {
  readonly kid: string
  readonly alg: TestAlgorithm | RefusedAlgorithm
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  /** The public half as it stands in a JWKS, with `kid`, `alg` and `use: 'sig'`. */
  readonly publicJwk: JWK
}

/** What {@link createTestKey} can be told. */
export interface TestKeyOptions {
  /** By default the thumbprint of the public key: RFC 7638. */
  readonly kid?: string | undefined
  /** For RSA, in bits; by default 2,048. Anything OpenSSL generates, so that weak keys can be tested. */
  readonly modulusLength?: number | undefined
}

/**
 * Creates a key pair: a stranger's key to forge with, a weak one, or one to publish later.
 *
 * @throws TypeError where `alg` is unknown or takes no key pair
 */
export async function createTestKey(
  alg: TestAlgorithm | RefusedAlgorithm,
  options: TestKeyOptions = {},
): Promise<TestKey> {
  const { privateKey, publicKey } = await generatePair(toKeyKind(alg), options.modulusLength ?? 2048)
  const parameters = publicKey.export({ format: 'jwk' }) as JWK
  const kid = options.kid ?? (await calculateJwkThumbprint(parameters))
  return { kid, alg, privateKey, publicKey, publicJwk: { ...parameters, kid, alg, use: 'sig' } }
}

function generatePair(
  kind: KeyKind,
  modulusLength: number,
): Promise<{ readonly publicKey: KeyObject; readonly privateKey: KeyObject }> {
  switch (kind.type) {
    case 'rsa':
      return generateKeyPair('rsa', { modulusLength })
    case 'ec':
      return generateKeyPair('ec', { namedCurve: kind.namedCurve })
    case 'ed25519':
      return generateKeyPair('ed25519')
    case 'ed448':
      return generateKeyPair('ed448')
  }
}
