import type { KeyObject } from 'node:crypto'
import type { AuditEvent, AuditHead, Logger } from '@countersign/core'
import { toWord } from '../delivery/attempt.js'
import { waitFor } from '../delivery/deadline.js'
import { signCheckpoint } from './checkpoint.js'
import { toSigner } from './signer.js'
import type { CheckpointSigner } from './signer.js'

/** When checkpoints are made, and by which key. */
export interface CheckpointRules {
  readonly everyEvents: number
  readonly everySeconds: number
  readonly key: KeyObject | CheckpointSigner
}

/** What checkpoints are made of, and where they go. */
export interface CheckpointPorts {
  readonly logger: Logger
  readonly now: () => number
  /** Records one as an event, and returns the number that it got. */
  tell(checkpoint: NonNullable<AuditEvent['checkpoint']>): number
}

/** Makes signed checkpoints over a stream. */
export interface Checkpoints {
  /** The last number that is covered. */
  readonly seq: number
  /** Tells of a new head. */
  see(head: AuditHead): void
  /** Makes the last one. Never rejects. */
  close(): Promise<void>
}

/** A signer that does not answer for so long is asked again later. */
const SIGN_MS = 10_000

/** Creates what makes checkpoints: one at a time, and none where nothing has happened since the last. */
export function createCheckpoints(rules: CheckpointRules, { logger, now, tell }: CheckpointPorts): Checkpoints {
  let head: AuditHead | undefined
  let seq = 0
  /** What is not above needs no checkpoint. */
  let coveredSeq = 0
  let dueSeq = rules.everyEvents
  let signing: Promise<void> | undefined
  let signer: Promise<CheckpointSigner> | undefined

  const make = async (over: AuditHead): Promise<void> => {
    dueSeq = over.seq + rules.everyEvents
    try {
      signer ??= toSigner(rules.key)
      const signed = signCheckpoint(await signer, over, new Date(now()).toISOString())
      // At the end, close() waits for it.
      const jws = await waitFor(signed, SIGN_MS, { holds: false })
      if (jws === undefined) throw Object.assign(new Error('No signature in time'), { code: 'LATE' })
      const own = tell({ seq: over.seq, hash: over.hash, jws })
      seq = over.seq
      // A checkpoint is an event itself, and must not be the reason for the next one.
      coveredSeq = own === over.seq + 1 ? own : over.seq
    } catch (error) {
      const told = { seq: over.seq, failure: toWord(error) }
      logger.error('A checkpoint of the audit trail could not be signed', told)
    } finally {
      signing = undefined
    }
  }
  const start = (): Promise<void> => {
    if (head !== undefined && head.seq > coveredSeq) signing ??= make(head)
    return signing ?? Promise.resolve()
  }
  const timer = setInterval(() => void start(), rules.everySeconds * 1_000)
  timer.unref()
  return {
    get seq() {
      return seq
    },
    see(next) {
      head = next
      if (next.seq >= dueSeq) void start()
    },
    async close() {
      clearInterval(timer)
      await signing
      await start()
    },
  }
}
