import type { AuditEvent } from '@countersign/core'
import { isFromStranger, toHandling, TYPES } from '../event/table.js'
import { createGaps } from './gaps.js'
import type { Gaps } from './gaps.js'
import type { StreamReport, TrailProblem } from './report.js'
import { createRuns } from './runs.js'
import type { Runs } from './runs.js'

/** What one stream has been found to be, so far. */
export interface StreamCheck {
  readonly stream: string
  readonly firstSeq: number
  readonly lastSeq: number
  readonly gaps: Gaps
  readonly runs: Runs
  /** Looks at the next event of this stream. `isEdited`: its own hash is wrong. Answers `duplicate` for one that stood there before. */
  take(event: AuditEvent, line: number, isEdited: boolean): 'new' | 'duplicate'
  /** The hash of an event that was seen not long ago, or last, or that is known to be asked for. */
  findHash(seq: number): string | undefined
  /** Frees the hashes of what was seen, but for those that are known to be asked for. */
  forget(): void
  toReport(checkpointSeq: number | undefined): StreamReport
}

/** So many events back, one that comes again is known again: more than ever wait for a sink at once. */
const MEMORY = 16_384

/** What may come once a trail was closed: what a sink did not take at the very end is lost only then. */
const AFTER_STOP: ReadonlySet<string> = new Set(['audit.checkpoint', 'audit.gap'])

/** Creates the check of a stream from its first event on. `named`: numbers whose hashes are going to be asked for. */
export function createStreamCheck(
  first: AuditEvent,
  sink: string | undefined,
  named: ReadonlySet<number> | undefined,
  report: (problem: TrailProblem) => void,
): StreamCheck {
  const { stream, seq: firstSeq } = first.chain
  const gaps = createGaps(sink)
  const runs = createRuns()
  const hashes = new Map<number, string>()
  const namedHashes = new Map<number, string>()
  let last = { seq: firstSeq - 1, hash: first.chain.prev }
  let events = 0
  let isStopped = false

  const remember = (seq: number, hash: string): void => {
    hashes.set(seq, hash)
    if (named?.has(seq) === true) namedHashes.set(seq, hash)
    for (const oldest of hashes.keys()) {
      if (hashes.size <= MEMORY) return
      hashes.delete(oldest)
    }
  }
  return {
    stream,
    firstSeq,
    gaps,
    runs,
    get lastSeq() {
      return last.seq
    },
    take(event, line, isEdited) {
      const { seq, prev, hash } = event.chain
      events += 1
      if (isEdited) {
        // Whatever number it says it has.
        report({ kind: 'edited', stream, seq: last.seq + 1, line })
        last = { seq: last.seq + 1, hash }
        runs.add(last.seq, true, isOrdinary(event))
        return 'new'
      }
      if (seq <= last.seq) {
        if (hashes.get(seq) === hash) {
          events -= 1
          return 'duplicate'
        }
        report({ kind: 'out-of-order', stream, seq, line })
        return 'new'
      }
      const linked = prev === last.hash
      runs.add(seq, linked, isOrdinary(event))
      if (seq > last.seq + 1) gaps.note({ from: last.seq + 1, to: seq - 1, linked, line })
      else if (!linked) report({ kind: 'replaced', stream, seq: last.seq, line })
      if (event.type === 'audit.gap' && event.gap !== undefined) gaps.tell(event.gap, seq)
      isStopped = event.type === 'service.stopped' || (isStopped && AFTER_STOP.has(event.type))
      last = { seq, hash }
      remember(seq, hash)
      return 'new'
    },
    findHash: (seq) => hashes.get(seq) ?? namedHashes.get(seq) ?? (seq === last.seq ? last.hash : undefined),
    forget: () => hashes.clear(),
    toReport: (checkpointSeq) => ({
      stream,
      firstSeq,
      lastSeq: last.seq,
      events,
      head: last.hash,
      stopped: isStopped,
      follows: first.predecessor?.stream,
      checkpointSeq,
    }),
  }
}

/** Whether nothing waited for it: a sink without room loses such, and no others that it had taken. */
function isOrdinary(event: AuditEvent): boolean {
  const handling = Object.hasOwn(TYPES, event.type) ? toHandling(event) : 'own'
  return handling === 'ordinary' || handling === 'sampled' || (handling === 'awaited' && isFromStranger(event))
}
