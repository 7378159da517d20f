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
  /** Tells of a new event. One that tells of a gap gets a checkpoint of its own, as soon as it is kept. */
  see(event: AuditEvent): void
  /**
   * Tells of the last event that is kept: no checkpoint is made over a later one. Were the process killed, the honest trail would lack
   * it, and look cut off for good.
   */
  keep(kept: AuditHead | undefined): void
  /** Makes the last one, once the last event is kept. Never rejects. */
  close(lastSeq: number): Promise<void>
}

/** A signer that does not answer for so long is asked again later. */
const SIGN_MS = 10_000
/** So many gaps wait for one that is away. */
const MAX_GAPS = 64

/** Creates what makes checkpoints: one at a time, and none where nothing has happened since the last. */
export function createCheckpoints(rules: CheckpointRules, { logger, now, tell }: CheckpointPorts): Checkpoints {
  /** The last event that is kept. */
  let head: AuditHead | undefined
  /**
   * What tells of gaps, and has no checkpoint yet. A verifier believes it only where the chain goes on from it to a checkpoint: whatever a
   * sink loses next would come in between.
   */
  const gaps: AuditHead[] = []
  let seq = 0
  /** The number of the last one as an event. */
  let ownSeq = 0
  /** What is not above needs no checkpoint. */
  let coveredSeq = 0
  let dueSeq = rules.everyEvents
  let signing: Promise<void> | undefined
  let signer: Promise<CheckpointSigner> | undefined
  let onKept: (() => void) | undefined

  const isKept = (heldSeq: number): boolean => heldSeq <= (head?.seq ?? 0)
  const findGap = (): AuditHead | undefined => {
    const [gap] = gaps
    return gap !== undefined && isKept(gap.seq) ? gap : undefined
  }
  const untilKept = async (heldSeq: number): Promise<void> => {
    while (!isKept(heldSeq)) await new Promise<void>((resolve) => (onKept = resolve))
  }
  const make = async (over: AuditHead): Promise<void> => {
    dueSeq = (head?.seq ?? 0) + rules.everyEvents
    try {
      signer ??= toSigner(rules.key)
      const signed = signCheckpoint(await signer, over, new Date(now()).toISOString())
      // At the end, close() waits for it.
      const jws = await waitFor(signed, SIGN_MS, { holds: false })
      if (jws === undefined) throw Object.assign(new Error('No signature in time'), { code: 'LATE' })
      if (over === gaps[0]) gaps.shift()
      ownSeq = tell({ seq: over.seq, hash: over.hash, jws })
      seq = over.seq
      // A checkpoint is an event itself, and must not be the reason for the next one.
      coveredSeq = ownSeq === over.seq + 1 ? ownSeq : over.seq
    } catch (error) {
      const told = { seq: over.seq, failure: toWord(error) }
      logger.error('A checkpoint of the audit trail could not be signed', told)
    } finally {
      signing = undefined
    }
  }
  const start = (): Promise<void> => {
    const over = findGap() ?? head
    if (over !== undefined && over.seq > coveredSeq) signing ??= make(over)
    return signing ?? Promise.resolve()
  }
  /** One gap after the other, until one cannot be signed: it is the first the next time. */
  const catchUp = async (): Promise<void> => {
    await signing
    const gap = findGap()
    if (gap === undefined) return
    await start()
    if (gap !== gaps[0]) await catchUp()
  }
  const timer = setInterval(() => void start().then(catchUp), rules.everySeconds * 1_000)
  timer.unref()
  return {
    get seq() {
      return seq
    },
    see({ type, chain }) {
      if (type === 'audit.gap' && gaps.length < MAX_GAPS) gaps.push(chain)
    },
    keep(kept) {
      if (kept === undefined || isKept(kept.seq)) return
      const isNew = (gap: AuditHead): boolean => !isKept(gap.seq) && gap.seq <= kept.seq
      const hasGap = gaps.some(isNew)
      head = kept
      onKept?.()
      if (hasGap) void catchUp()
      else if (kept.seq >= dueSeq) void start()
    },
    async close(lastSeq) {
      clearInterval(timer)
      await untilKept(lastSeq)
      await signing
      await catchUp()
      // Those of gaps are events too.
      await untilKept(ownSeq)
      await start()
    },
  }
}
