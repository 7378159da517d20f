import type { AuditHead } from '@countersign/core'
import canonicalize from 'canonicalize'
import { compactVerify, createLocalJWKSet, decodeProtectedHeader } from 'jose'
import type { JSONWebKeySet } from 'jose'
import { CHECKPOINT_ALGORITHMS } from './signer.js'
import type { CheckpointSigner } from './signer.js'

/** What a checkpoint says: at this time, the stream had this event at this number. */
export interface Checkpoint {
  readonly stream: string
  readonly seq: number
  readonly hash: string
  /** RFC 3339. */
  readonly time: string
}

/** The `typ` of a checkpoint: nothing else that the key may have signed passes for one. RFC 8725 section 3.11. */
const TYPE = 'countersign-audit-checkpoint'

/** Signs a checkpoint over the head of a stream: a JWS in compact form, RFC 7515 section 7.1. */
export async function signCheckpoint(
  signer: CheckpointSigner,
  { stream, seq, hash }: AuditHead,
  time: string,
): Promise<string> {
  const header = { alg: signer.algorithm, kid: signer.keyId, typ: TYPE }
  const checkpoint: Checkpoint = { stream, seq, hash, time }
  const encode = (value: object): string => Buffer.from(canonicalize(value) ?? '').toString('base64url')
  const input = `${encode(header)}.${encode(checkpoint)}`
  const signature = await signer.sign(Buffer.from(input))
  return `${input}.${Buffer.from(signature).toString('base64url')}`
}

/** What a signed checkpoint turned out to be. Of an unknown key nobody can say whether it is one of yours that was not given. */
export type ReadCheckpoint =
  | { readonly kind: 'signed'; readonly checkpoint: Checkpoint }
  | { readonly kind: 'forged-checkpoint' }
  | { readonly kind: 'unknown-checkpoint-key'; readonly kid: string | undefined }

/** Reads a checkpoint, and checks its signature. Never rejects. */
export type CheckpointVerifier = (jws: string) => Promise<ReadCheckpoint>

/** Creates a verifier of checkpoints by the public keys of a set. */
export function createCheckpointVerifier(keys: JSONWebKeySet): CheckpointVerifier {
  const find = createLocalJWKSet(keys)
  const kids = new Set(keys.keys.map(({ kid }) => kid))
  const forged: ReadCheckpoint = { kind: 'forged-checkpoint' }
  return async (jws) => {
    try {
      const { kid } = decodeProtectedHeader(jws)
      // Nobody has signed this name: it says who should be asked, and no more.
      if (typeof kid === 'string' && !kids.has(kid))
        return { kind: 'unknown-checkpoint-key', kid: NAME.test(kid) ? kid : undefined }
      const { payload, protectedHeader } = await compactVerify(jws, find, { algorithms: [...CHECKPOINT_ALGORITHMS] })
      if (protectedHeader.typ !== TYPE) return forged
      const checkpoint = toCheckpoint(JSON.parse(Buffer.from(payload).toString()))
      return checkpoint === undefined ? forged : { kind: 'signed', checkpoint }
    } catch {
      return forged
    }
  }
}

/** What may be shown of a name that whoever wrote the trail may have chosen. */
const NAME = /^[\x21-\x7E]{1,256}$/

function toCheckpoint(value: unknown): Checkpoint | undefined {
  const { stream, seq, hash, time } = (value ?? {}) as Partial<Record<keyof Checkpoint, unknown>>
  const isText = (text: unknown): text is string => typeof text === 'string'
  if (!isText(stream) || !isText(hash) || !isText(time) || typeof seq !== 'number') return undefined
  return { stream, seq, hash, time }
}
