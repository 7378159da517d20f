import { InternalError } from '@countersign/core'
import type { AuditEntry } from '@countersign/core'
import type { AuditReason } from '../error-table.js'
import { members } from './shape.js'
import type { Privacy } from './shape.js'
import { ENTRY, TYPES } from './table.js'

const entryShape = members(ENTRY)

/**
 * What is kept of an entry: the members of the table, each of its kind, cut to its length, escaped.
 *
 * @throws InternalError `ERR_AUDIT_ENTRY`: a source records a type or an outcome that does not exist
 */
export function keepEntry(entry: AuditEntry, privacy: Privacy): AuditEntry {
  const kept = entryShape.keep(entry, privacy, entry) as Partial<AuditEntry> | undefined
  if (kept?.type === undefined || kept.outcome === undefined || TYPES[kept.type] === 'own') {
    throw new InternalError<AuditReason>('ERR_AUDIT_ENTRY', { message: 'An audit entry has no known type or outcome' })
  }
  return kept as AuditEntry
}
