import type { HeldState, KeyChange, KeyRecord, NewKey, Ring, RotationRules } from './ring.js'
import { findRecords, toDueMs } from './ring.js'
import type { SigningAlgorithm } from './signing-keys.js'

/** What becomes of a ring. */
export interface Step {
  /** Its version is still the old one. */
  readonly ring: Ring
  /** In the order in which they happen. Empty: the ring stays as it is. */
  readonly changes: readonly KeyChange[]
  /** Algorithms that want a new key which was not given, each as often as it wants one: the step is then not to be taken. */
  readonly missing: readonly SigningAlgorithm[]
}

/** A ring under change. */
interface Draft {
  records: KeyRecord[]
  readonly changes: KeyChange[]
  readonly missing: SigningAlgorithm[]
  readonly spares: NewKey[]
  readonly nowMs: number
}

/**
 * What is due of a ring: keys that were published long enough sign, keys that signed long enough retire and lose their private
 * part, keys that nobody can need any more go, and one pending key for each algorithm stands ready.
 *
 * An active key stays beyond its time where no pending one is due: signing with a key that verifiers have not seen would break them.
 * The one exception is a ring that was never written: there is nothing that a verifier could have kept.
 */
export function stepRing(ring: Ring, nowMs: number, rules: RotationRules, spares: readonly NewKey[]): Step {
  const draft = toDraft(ring, nowMs, spares)
  removeOld(draft, rules)
  for (const algorithm of rules.algorithms) {
    if (ring.version === 0) publish(draft, algorithm)
    rotate(draft, algorithm, rules, ring.version === 0)
    if (findRecords(draft.records, algorithm, 'pending').length === 0) publish(draft, algorithm)
  }
  return toStep(ring, draft)
}

/**
 * Drops a key now, and lets the pending one sign if it was the active one, however short it has been published: the emergency.
 * A `kid` that is not in the ring, or is revoked, changes nothing.
 */
export function revokeKey(
  ring: Ring,
  kid: string,
  nowMs: number,
  rules: RotationRules,
  spares: readonly NewKey[],
): Step {
  const draft = toDraft(ring, nowMs, spares)
  const record = draft.records.find((candidate) => candidate.kid === kid && candidate.state !== 'revoked')
  if (record === undefined) return toStep(ring, draft)
  move(draft, record, 'revoked')
  const { algorithm } = record
  if (record.state === 'active') {
    if (findRecords(draft.records, algorithm, 'pending').length === 0) publish(draft, algorithm)
    const [next] = findRecords(draft.records, algorithm, 'pending')
    if (next !== undefined) move(draft, next, 'active')
  }
  if (rules.algorithms.includes(algorithm) && findRecords(draft.records, algorithm, 'pending').length === 0)
    publish(draft, algorithm)
  return toStep(ring, draft)
}

function toDraft(ring: Ring, nowMs: number, spares: readonly NewKey[]): Draft {
  return { records: [...ring.records], changes: [], missing: [], spares: [...spares], nowMs }
}

function toStep({ version }: Ring, { records, changes, missing }: Draft): Step {
  return { ring: { version, records }, changes, missing }
}

/** What outlived its state, and keys of an algorithm that is no longer configured. */
function removeOld(draft: Draft, rules: RotationRules): void {
  for (const record of draft.records) {
    const isKept = rules.algorithms.includes(record.algorithm)
    const isDue = draft.nowMs >= toDueMs(record, rules)
    if (!isDue) continue
    if (record.state === 'retiring' || record.state === 'revoked') move(draft, record, 'removed')
    else if (!isKept) move(draft, record, record.state === 'active' ? 'retiring' : 'removed')
  }
}

function rotate(draft: Draft, algorithm: SigningAlgorithm, rules: RotationRules, isFirst: boolean): void {
  const [active] = findRecords(draft.records, algorithm, 'active')
  const [next] = findRecords(draft.records, algorithm, 'pending')
  if (active !== undefined && draft.nowMs < toDueMs(active, rules)) return
  if (next === undefined || (!isFirst && draft.nowMs < toDueMs(next, rules))) return
  if (active !== undefined) move(draft, active, 'retiring')
  move(draft, next, 'active')
}

function publish(draft: Draft, algorithm: SigningAlgorithm): void {
  const at = draft.spares.findIndex((spare) => spare.algorithm === algorithm)
  const spare = at < 0 ? undefined : draft.spares.splice(at, 1)[0]
  if (spare === undefined) {
    draft.missing.push(algorithm)
    return
  }
  draft.records.push({ ...spare, state: 'pending', sinceMs: draft.nowMs })
  draft.changes.push({ kid: spare.kid, algorithm, from: undefined, to: 'pending' })
}

function move(draft: Draft, record: KeyRecord, to: HeldState | 'removed'): void {
  const { kid, algorithm, state: from } = record
  draft.changes.push({ kid, algorithm, from, to })
  const others = draft.records.filter((other) => other !== record)
  draft.records = to === 'removed' ? others : [...others, toMoved(record, to, draft.nowMs)]
}

/** The private part ends with the signing, the public one with the trust. */
function toMoved(record: KeyRecord, state: HeldState, sinceMs: number): KeyRecord {
  const publicJwk = state === 'revoked' ? undefined : record.publicJwk
  const privateKey = state === 'active' ? record.privateKey : undefined
  return { ...record, state, sinceMs, publicJwk, privateKey }
}
