import type { ErrorCode } from '@countersign/core'

/** Why an event could not be recorded. */
export type AuditReason = 'ERR_AUDIT_UNAVAILABLE' | 'ERR_AUDIT_CLOSED' | 'ERR_AUDIT_ENTRY'

/** The code under which each reason is shown. */
export const AUDIT_REASONS: Readonly<Record<AuditReason, ErrorCode>> = {
  ERR_AUDIT_UNAVAILABLE: 'ERR_UPSTREAM',
  ERR_AUDIT_CLOSED: 'ERR_UPSTREAM',
  ERR_AUDIT_ENTRY: 'ERR_INTERNAL',
}
