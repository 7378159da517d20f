import type { AuditEvent } from '@countersign/core'

/** Counts events that some sink never got: each once, however many sinks lack it. */
export interface Missed {
  /** Since the start. */
  readonly total: number
  add(event: AuditEvent): void
}

/** Creates an empty count. It holds no event: one that nobody else holds any more cannot come again. */
export function createMissed(): Missed {
  const seen = new WeakSet<AuditEvent>()
  let total = 0
  return {
    get total() {
      return total
    },
    add(event) {
      if (seen.has(event)) return
      seen.add(event)
      total += 1
    },
  }
}
