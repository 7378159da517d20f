import type { AuditEntry } from '@countersign/core'
import { unavailable } from '../delivery/delivery.js'
import type { Delivery } from '../delivery/delivery.js'
import { waitFor } from '../delivery/deadline.js'
import { isFromStranger, TYPES } from '../event/table.js'
import type { Writer } from '../event/writer.js'
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
  const deliver = async (entry: AuditEntry): Promise<void> => {
    const endMs = monotonicNow() + timeoutMs
    const content = writer.toContent(entry)
    const delivery = beginning.delivery ?? (await waitFor(begun, timeoutMs))
    if (delivery === undefined) throw unavailable()
    await delivery.deliver(content, endMs)
  }
  return {
    async take(entry) {
      const handling = TYPES[entry.type]
      if (handling === 'sampled' && entry.outcome === 'success') {
        // A source that asked for the rate has left out the others itself.
        if (rate === 1 || entry.sampled !== undefined) beginning.offer(writer.toContent(entry))
        else if (Math.random() < rate) beginning.offer(writer.toContent({ ...entry, sampled: { rate } }))
        return
      }
      // Anybody can be refused any number of times: whatever it is that was refused, it has no claim on what is reserved.
      if (isFromStranger(entry)) {
        if (denials.admit(entry)) beginning.offer(writer.toContent(entry))
        return
      }
      if (handling === 'awaited') await deliver(entry)
      else beginning.offer(writer.toContent(entry))
    },
    tellCounts() {
      if (beginning.delivery?.hasRoom !== true) return
      for (const { entry, counted } of denials.take()) beginning.offer(writer.toContent(entry, { counted }))
    },
  }
}
