import type { AuditHead } from '@countersign/core'
import canonicalize from 'canonicalize'
import { compactVerify, createLocalJWKSet } from 'jose'
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

/** Reads a checkpoint, once its signature held. */
export type CheckpointVerifier = (jws: string) => Promise<Checkpoint | undefined>

/** Creates a verifier of checkpoints by the public keys of a set. It answers `undefined` to whatever is none of theirs. */
export function createCheckpointVerifier(keys: JSONWebKeySet): CheckpointVerifier {
  const find = createLocalJWKSet(keys)
  return async (jws) => {
    try {
      const { payload, protectedHeader } = await compactVerify(jws, find, { algorithms: [...CHECKPOINT_ALGORITHMS] })
      if (protectedHeader.typ !== TYPE) return undefined
      return toCheckpoint(JSON.parse(Buffer.from(payload).toString()))
    } catch {
      return undefined
    }
  }
}

function toCheckpoint(value: unknown): Checkpoint | undefined {
  const { stream, seq, hash, time } = (value ?? {}) as Partial<Record<keyof Checkpoint, unknown>>
  const isText = (text: unknown): text is string => typeof text === 'string'
  if (!isText(stream) || !isText(hash) || !isText(time) || typeof seq !== 'number') return undefined
  return { stream, seq, hash, time }
}
