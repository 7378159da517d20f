import type { AuditRecorder, AuditType } from '@countersign/core'
import type { KeyChange } from './ring.js'
import type { SigningKeyState } from './signing-keys.js'

const TYPES: Readonly<Record<SigningKeyState, AuditType>> = {
  pending: 'key.published',
  active: 'key.activated',
  retiring: 'key.retired',
  removed: 'key.removed',
  revoked: 'key.revoked',
}

/**
 * Records changes of keys, in their order, before they count: a change that cannot be recorded must not happen. One that was
 * recorded may still not come to be, where another replica was faster.
 */
export async function recordChanges(audit: AuditRecorder, changes: readonly KeyChange[]): Promise<void> {
  for (const { kid, algorithm, from, to } of changes)
    await audit.record({ type: TYPES[to], outcome: 'success', key: { kid, alg: algorithm, from, to } })
}
