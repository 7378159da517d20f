import type { AuditEntry } from './audit-event.js'
import type { AuditRecorder } from './ports.js'

/**
 * Records an event that nothing waits for: whatever becomes of it changes nothing here.
 *
 * @param toEntry called only where there is somewhere to record
 */
export function recordLater(audit: AuditRecorder | undefined, toEntry: () => AuditEntry): void {
  if (audit === undefined) return
  try {
    Promise.resolve(audit.record(toEntry())).catch(() => {})
  } catch {
    // The trail tells of its own failures.
  }
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
  try {
    audit.defer(toEntry)
  } catch {
    // The trail tells of its own failures.
  }
}
