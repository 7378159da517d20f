import type { AuditHead } from '@countersign/core'
import type { Runner } from './runner.js'

/**
 * The last event that each required sink that works has: what is above may be gone with the process. `undefined` where one of them has
 * none yet, or none works.
 */
export function findKeptHead(runners: readonly Runner[]): AuditHead | undefined {
  const working = runners.filter(({ role, state }) => role === 'required' && state !== 'failed')
  const [first, ...others] = working.map(({ kept }) => kept)
  return others.reduce((least, kept) => ((kept?.seq ?? 0) < (least?.seq ?? 0) ? kept : least), first)
}
