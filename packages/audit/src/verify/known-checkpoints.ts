import { invalid, list, optional, required } from '@countersign/core/adapter'
import type { Kind, OptionTable } from '@countersign/core/adapter'
import type { JSONWebKeySet } from 'jose'
import { createCheckpointVerifier } from '../chain/checkpoint.js'
import type { Checkpoint, ReadCheckpoint } from '../chain/checkpoint.js'
import { readTrail, trailSource } from '../read/source.js'
import type { TrailSource } from '../read/source.js'
import type { TrailProblem } from './report.js'

/** What signed checkpoints say of a trail. */
export interface KnownCheckpoints {
  /** The hash that an event must have. */
  findHash(stream: string, seq: number): string | undefined
  /** All of a stream. */
  list(stream: string): readonly number[]
  /** What each stream must at least have come to: its last checkpoint. */
  readonly last: ReadonlyMap<string, Checkpoint>
  /** Reads a checkpoint of the trail itself. */
  read(jws: string): Promise<ReadCheckpoint>
}

/** Where checkpoints come from, and who may have signed them. */
export interface CheckpointSource {
  /** Public keys, RFC 7517. Who gives those that stand beside the trail trusts whoever wrote it. */
  readonly keys: JSONWebKeySet
  /** What the sink of checkpoints has. Without, only those in the trail itself are looked at. */
  readonly source?: TrailSource | undefined
}

const publicKey: Kind<JSONWebKeySet['keys'][number]> = {
  wants: 'a JSON Web Key with its kid',
  read(value, option) {
    const { kty, kid } = (value ?? {}) as { readonly kty?: unknown; readonly kid?: unknown }
    if (typeof kty === 'string' && typeof kid === 'string') return value as JSONWebKeySet['keys'][number]
    const fix = 'A checkpoint names its key: by the RFC 7638 thumbprint, or the keyId of your signer. Give it as "kid".'
    throw invalid({ option, got: value, wants: this.wants, fix, secret: true })
  },
}

const publicKeys = list(publicKey, 'a list of JSON Web Keys')

const keySet: Kind<JSONWebKeySet> = {
  wants: 'a JSON Web Key Set: { keys: [ … ] }',
  read(value, option) {
    const keys = (value as { readonly keys?: unknown } | null)?.keys
    if (Array.isArray(keys)) return { keys: [...publicKeys.read(keys, `${option}.keys`)] }
    const fix =
      'Of a PEM, createPublicKey(pem).export({ format: "jwk" }) gives a key for it; its kid is the RFC 7638 thumbprint.'
    throw invalid({ option, got: value, wants: this.wants, fix, secret: true })
  },
}

/** Where checkpoints come from, as options. */
export const CHECKPOINTS: OptionTable<CheckpointSource> = {
  keys: required(keySet),
  source: optional(trailSource),
}

/** Reads every checkpoint of a source, and checks its signature. */
export async function readCheckpoints(
  { keys, source }: CheckpointSource,
  report: (problem: TrailProblem) => void,
): Promise<KnownCheckpoints> {
  const verify = createCheckpointVerifier(keys)
  const hashes = new Map<string, Map<number, string>>()
  const last = new Map<string, Checkpoint>()
  const add = (checkpoint: Checkpoint): void => {
    const { stream, seq, hash } = checkpoint
    const own = hashes.get(stream) ?? new Map<number, string>()
    // Whoever got hold of the key later can sign for a past that they made up; what was signed before stands against it.
    if ((own.get(seq) ?? hash) !== hash) report({ kind: 'rewritten', stream, seq })
    hashes.set(stream, own.set(seq, hash))
    if ((last.get(stream)?.seq ?? 0) < seq) last.set(stream, checkpoint)
  }
  if (source !== undefined) {
    for await (const { parsed } of readTrail(source)) {
      if (parsed.kind === 'garbage' || parsed.event.checkpoint === undefined) continue
      const { stream, seq } = parsed.event.chain
      const read = await verify(parsed.event.checkpoint.jws)
      if (read.kind === 'signed') add(read.checkpoint)
      else report({ ...read, stream, seq })
    }
  }
  return {
    findHash: (stream, seq) => hashes.get(stream)?.get(seq),
    list: (stream) => [...(hashes.get(stream)?.keys() ?? [])].sort((left, right) => left - right),
    last,
    read: verify,
  }
}
