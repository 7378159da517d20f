import type { JSONWebKeySet } from 'jose'
import { createCheckpointVerifier } from '../chain/checkpoint.js'
import type { Checkpoint, ReadCheckpoint } from '../chain/checkpoint.js'
import { readTrail } from '../read/source.js'
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
