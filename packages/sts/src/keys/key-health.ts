import type { KeyRecord, RotationRules } from './ring.js'
import { toDueMs } from './ring.js'
import type { SigningKeyHealth } from './signing-keys.js'

/** A key as an operator sees it. When a pending key will sign depends on the active one: only the earliest is said. */
export function toKeyHealth(record: KeyRecord, rules: RotationRules): SigningKeyHealth {
  const { kid, algorithm, state, sinceMs } = record
  return { kid, algorithm, state, sinceMs, nextChangeMs: toDueMs(record, rules) }
}
