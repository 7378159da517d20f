import type { AuditEntry } from '@countersign/core'
import { unavailable } from '../delivery/delivery.js'
import type { Delivery } from '../delivery/delivery.js'
import { waitFor } from '../delivery/deadline.js'
import { publishTrailEvent } from '../diagnostics.js'
import { isFromStranger, TYPES } from '../event/table.js'
import type { Content, Writer } from '../event/writer.js'
import type { Beginning } from './beginning.js'
import type { Denials } from './denials.js'

/** What becomes of an entry. */
export interface IntakeRules {
  /** Of `authn.success`, so many are kept, 0 to 1. */
  readonly rate: number
  readonly timeoutMs: number
  readonly monotonicNow: () => number
}

/** The way of an entry into the trail. */
export interface Intake {
  /** @throws UpstreamError `ERR_AUDIT_UNAVAILABLE` */
  take(entry: AuditEntry): Promise<void>
  /** Tells what was counted in place of being written, if there is room. */
  tellCounts(): void
}

/**
 * Creates the way into the trail.
 *
 * @param begun resolves once the stream has begun
 */
export function createIntake(
  { rate, timeoutMs, monotonicNow }: IntakeRules,
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
    beginning.offer(content)
    tell(content, undefined, true)
  }
  const deliver = async (entry: AuditEntry): Promise<void> => {
    const startMs = monotonicNow()
    const content = writer.toContent(entry)
    let kept = false
    try {
      const delivery = beginning.delivery ?? (await waitFor(begun, timeoutMs))
      if (delivery === undefined) throw unavailable()
      await delivery.deliver(content, startMs + timeoutMs)
      kept = true
    } finally {
      tell(content, monotonicNow() - startMs, kept)
    }
  }
  return {
    async take(entry) {
      const handling = TYPES[entry.type]
      if (handling === 'sampled' && entry.outcome === 'success') {
        // A source that asked for the rate has left out the others itself.
        if (rate === 1 || entry.sampled !== undefined) offer(entry)
        else if (Math.random() < rate) offer({ ...entry, sampled: { rate } })
        return
      }
      // Anybody can be refused any number of times: whatever it is that was refused, it has no claim on what is reserved.
      if (isFromStranger(entry)) {
        if (denials.admit(entry)) offer(entry)
        return
      }
      if (handling === 'awaited') await deliver(entry)
      else offer(entry)
    },
    tellCounts() {
      if (beginning.delivery?.hasRoom !== true) return
      for (const { entry, counted } of denials.take()) beginning.offer(writer.toContent(entry, { counted }))
    },
  }
}
