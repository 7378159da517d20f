import type { KeyRecord, RotationRules } from './ring.js'
import { toDueMs } from './ring.js'
import type { SigningKeyHealth } from './signing-keys.js'

/**
 * A key as an operator sees it. When a pending key will sign depends on the active one: only the earliest is said.
 *
 * @param denied what this process knows to be revoked, and since when, though the ring does not say so yet
 */
export function toKeyHealth(
  record: KeyRecord,
  rules: RotationRules,
  denied: ReadonlyMap<string, number>,
): SigningKeyHealth {
  const deniedAtMs = denied.get(record.kid)
  const known: KeyRecord =
    deniedAtMs === undefined || record.state === 'revoked'
      ? record
      : { ...record, state: 'revoked', sinceMs: deniedAtMs }
  const { kid, algorithm, state, sinceMs } = known
  return { kid, algorithm, state, sinceMs, nextChangeMs: toDueMs(known, rules) }
}
