import type { AuditEntry } from './audit-event.js'
import { callSafely } from './call-safely.js'
import type { AuditRecorder } from './ports.js'

/**
 * Records an event that nothing waits for: whatever becomes of it changes nothing here. A trail tells of its own failures.
 *
 * @param toEntry called only where there is somewhere to record
 */
export function recordLater(audit: AuditRecorder | undefined, toEntry: () => AuditEntry): void {
  if (audit !== undefined) callSafely(() => audit.record(toEntry()))
}

/**
 * The same, as late as the trail pleases.
 *
 * @param toEntry reads nothing that changes
 */
export function deferRecord(audit: AuditRecorder, toEntry: () => AuditEntry): void {
  if (audit.defer === undefined) {
    recordLater(audit, toEntry)
    return
  }
  callSafely(() => audit.defer?.(toEntry))
}
