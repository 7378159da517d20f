import type { AuditEntry } from '@countersign/core'
import { unavailable } from '../delivery/delivery.js'
import type { Delivery } from '../delivery/delivery.js'
import { createWaiting } from '../delivery/waiting.js'
import { publishTrailEvent } from '../diagnostics.js'
import { isFromStranger, toHandling, TYPES } from '../event/table.js'
import type { Content, Writer } from '../event/writer.js'
import type { Beginning } from './beginning.js'
import type { Denials } from './denials.js'

/** What becomes of an entry. */
export interface IntakeRules {
  /** Of `authn.success`, so many are kept, 0 to 1. */
  readonly rate: number
  readonly timeoutMs: number
  readonly now: () => number
  readonly monotonicNow: () => number
}

/** The way of an entry into the trail. */
export interface Intake {
  /** @throws UpstreamError `ERR_AUDIT_UNAVAILABLE` */
  take(entry: AuditEntry): Promise<void>
  /** Takes an event of now that is made later. */
  defer(toEntry: () => AuditEntry): void
  /** Tells what was counted in place of being written, if there is room. */
  tellCounts(): void
}

/**
 * Creates the way into the trail.
 *
 * @param begun resolves once the stream has begun
 */
export function createIntake(
  { rate, timeoutMs, now, monotonicNow }: IntakeRules,
  writer: Writer,
  denials: Denials,
  beginning: Beginning,
  begun: Promise<Delivery>,
): Intake {
  const tell = (content: Content, waitMs: number | undefined, kept: boolean): void =>
    publishTrailEvent(() => {
      const { type: event, outcome, reason, durationMs } = content
      return { type: 'recorded', event, outcome, reason, durationMs, waitMs, kept }
    })
  const offer = (entry: AuditEntry): void => {
    const content = writer.toContent(entry)
    beginning.offer(() => content)
    tell(content, undefined, true)
  }
  /** What is left of an entry that nothing waits for: `undefined` for one that is left out, or counted. */
  const admit = (entry: AuditEntry): AuditEntry | undefined => {
    if (TYPES[entry.type] === 'sampled' && entry.outcome === 'success') {
      // A source that asked for the rate has left out the others itself.
      if (rate === 1 || entry.sampled !== undefined) return entry
      return Math.random() < rate ? { ...entry, sampled: { rate } } : undefined
    }
    // Anybody can be refused any number of times: whatever it is that was refused, it has no claim on what is reserved.
    return isFromStranger(entry) && !denials.admit(entry) ? undefined : entry
  }
  // Not the promise itself: each that waits would add to what it holds, for as long as no sink answers.
  const waiting = createWaiting()
  void begun.then(() => waiting.wake())
  const deliver = async (entry: AuditEntry): Promise<void> => {
    const startMs = monotonicNow()
    const content = writer.toContent(entry)
    let kept = false
    try {
      if (beginning.delivery === undefined) await waiting.wait(timeoutMs)
      const { delivery } = beginning
      if (delivery === undefined) throw unavailable()
      await delivery.deliver(content, startMs + timeoutMs)
      kept = true
    } finally {
      tell(content, monotonicNow() - startMs, kept)
    }
  }
  return {
    async take(entry) {
      const admitted = admit(entry)
      if (admitted === undefined) return
      if (toHandling(entry) === 'awaited' && !isFromStranger(entry)) await deliver(admitted)
      else offer(admitted)
    },
    defer(toEntry) {
      const nowMs = now()
      beginning.offer(() => {
        const admitted = admit(toEntry())
        if (admitted === undefined) return undefined
        const content = writer.toContent(admitted, undefined, nowMs)
        tell(content, undefined, true)
        return content
      })
    },
    tellCounts() {
      if (beginning.delivery?.hasRoom !== true) return
      for (const { entry, counted } of denials.take()) {
        const content = writer.toContent(entry, { counted })
        beginning.offer(() => content)
      }
    },
  }
}
