import { generateKeyPair } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { calculateJwkThumbprint } from 'jose'
import type { NewKey, PublicJwk } from './ring.js'
import type { SigningAlgorithm } from './signing-keys.js'

const generate = promisify(generateKeyPair)

/** Makes a key off the main thread. RSA keys have 2,048 bits. */
export async function generateKey(algorithm: SigningAlgorithm): Promise<NewKey> {
  const { publicKey, privateKey } = await generatePair(algorithm)
  const publicJwk = toPublicJwk(publicKey)
  const der = privateKey.export({ type: 'pkcs8', format: 'der' })
  const kid = await toKid(publicJwk)
  const text = der.toString('base64url')
  der.fill(0)
  return { kid, algorithm, publicJwk, privateKey: text }
}

/** RFC 7638, SHA-256. */
export async function toKid(publicJwk: PublicJwk): Promise<string> {
  return calculateJwkThumbprint({ ...publicJwk }, 'sha256')
}

/** The public members of a key, picked one by one: whatever else an export may hold never gets out. */
export function toPublicJwk(key: KeyObject): PublicJwk {
  const { kty, crv = '', x = '', y = '', n = '', e = '' } = key.export({ format: 'jwk' }) as Record<string, string>
  if (kty === 'RSA') return { kty, n, e }
  return kty === 'EC' ? { kty, crv, x, y } : { kty: 'OKP', crv, x }
}

async function generatePair(algorithm: SigningAlgorithm): Promise<{ publicKey: KeyObject; privateKey: KeyObject }> {
  switch (algorithm) {
    case 'ES256':
      return generate('ec', { namedCurve: 'P-256' })
    case 'ES384':
      return generate('ec', { namedCurve: 'P-384' })
    case 'Ed25519':
      return generate('ed25519')
    case 'RS256':
    case 'PS256':
      return generate('rsa', { modulusLength: 2_048 })
  }
}
