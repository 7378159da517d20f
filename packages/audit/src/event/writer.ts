import type { AuditEntry, AuditEvent, AuditType } from '@countersign/core'
import { keepEntry } from './keep.js'
import type { Privacy } from './shape.js'
import { createIdSource } from './uuid.js'

/** An event without its place in the chain. */
export type Content = Omit<AuditEvent, 'chain'>

/** What only the trail itself says. */
export type OwnMembers = Pick<AuditEvent, 'counted' | 'gap' | 'sink' | 'checkpoint'>

/** Turns what a source knows into what is kept. */
export interface Writer {
  /**
   * @param nowMs when it happened, if that was not just now
   * @throws InternalError `ERR_AUDIT_ENTRY`
   */
  toContent(entry: AuditEntry, own?: OwnMembers, nowMs?: number): Content
  /** An event of the trail itself. */
  toOwn(type: AuditType, outcome: 'success' | 'error', own?: OwnMembers): Content
}

/** Creates a writer for one service. */
export function createWriter(service: AuditEvent['service'], privacy: Privacy, now: () => number): Writer {
  const nextId = createIdSource()
  const write = (entry: AuditEntry, own: OwnMembers | undefined, nowMs: number): Content => ({
    ...entry,
    ...own,
    v: 1,
    id: nextId(nowMs),
    time: new Date(nowMs).toISOString(),
    service,
  })
  return {
    toContent: (entry, own, nowMs = now()) => write(keepEntry(entry, privacy), own, nowMs),
    toOwn: (type, outcome, own) => write({ type, outcome }, own, now()),
  }
}
