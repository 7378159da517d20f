import { createPublicKey, KeyObject, sign } from 'node:crypto'
import { invalid } from '@countersign/core/adapter'
import type { Kind } from '@countersign/core/adapter'
import { calculateJwkThumbprint } from 'jose'

/** Signs checkpoints where the key is out of reach: in a key management service, or a module of its own. */
export interface CheckpointSigner {
  /** Its name in JOSE (RFC 7518, RFC 9864). */
  readonly algorithm: CheckpointAlgorithm
  readonly keyId: string
  /** The signature over these bytes, in the form of JWS: of ECDSA, `R ‖ S` (RFC 7518 section 3.4). */
  sign(input: Uint8Array): Promise<Uint8Array> | Uint8Array
}

/** Algorithms of checkpoints. */
export type CheckpointAlgorithm = 'ES256' | 'ES384' | 'Ed25519' | 'PS256' | 'RS256'

/** Every algorithm of checkpoints. */
export const CHECKPOINT_ALGORITHMS: readonly CheckpointAlgorithm[] = ['ES256', 'ES384', 'Ed25519', 'PS256', 'RS256']

const HASHES: Readonly<Record<CheckpointAlgorithm, string | null>> = {
  ES256: 'sha256',
  ES384: 'sha384',
  Ed25519: null,
  PS256: 'sha256',
  RS256: 'sha256',
}

/** A key of Node's, or something that signs elsewhere. */
export const checkpointKey: Kind<KeyObject | CheckpointSigner> = {
  wants: 'a private KeyObject (P-256, P-384, Ed25519 or RSA), or { algorithm, keyId, sign() }',
  read(value, option) {
    if (value instanceof KeyObject && value.type === 'private' && toAlgorithm(value) !== undefined) return value
    const { algorithm, keyId, sign: signs } = (value ?? {}) as Partial<Record<keyof CheckpointSigner, unknown>>
    const isSigner = typeof keyId === 'string' && keyId !== '' && typeof signs === 'function'
    if (isSigner && CHECKPOINT_ALGORITHMS.some((each) => each === algorithm)) return value as CheckpointSigner
    const fix = 'A key of its own: whoever can write the trail must not be able to sign for it.'
    throw invalid({ option, got: value, wants: this.wants, fix, secret: true })
  },
}

/** What signs with a key; its id is the thumbprint of the public half, RFC 7638. */
export async function toSigner(key: KeyObject | CheckpointSigner): Promise<CheckpointSigner> {
  if (!(key instanceof KeyObject)) return key
  const algorithm = toAlgorithm(key)
  if (algorithm === undefined) throw new TypeError('The kind of a key does not change')
  const keyId = await calculateJwkThumbprint(createPublicKey(key).export({ format: 'jwk' }))
  return {
    algorithm,
    keyId,
    sign: (input) => sign(HASHES[algorithm], input, { key, dsaEncoding: 'ieee-p1363' }),
  }
}

function toAlgorithm({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): CheckpointAlgorithm | undefined {
  if (asymmetricKeyType === 'ed25519') return 'Ed25519'
  if (asymmetricKeyType === 'rsa') return 'RS256'
  const curves: Readonly<Record<string, CheckpointAlgorithm>> = { prime256v1: 'ES256', secp384r1: 'ES384' }
  return asymmetricKeyType === 'ec' ? curves[asymmetricKeyDetails?.namedCurve ?? ''] : undefined
}
