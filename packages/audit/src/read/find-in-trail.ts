import type { AuditEvent, AuditParty } from '@countersign/core'
import { AS_IT_IS } from '../event/shape.js'
import { ENTRY } from '../event/table.js'
import { toFingerprint, toHmacKey, toPseudonym } from '../fingerprint.js'
import type { FingerprintKey, HmacKey } from '../fingerprint.js'
import { readTrail } from './source.js'
import type { TrailSource } from './source.js'

/** What is looked for. What is given must all be met, and at least one thing must be given. */
export interface TrailQuery {
  /** A token that somebody holds: as subject, actor, or what was issued. */
  readonly token?: string | undefined
  /** Somebody, as subject or as actor. */
  readonly subject?: { readonly iss: string; readonly sub: string } | undefined
  readonly txn?: string | undefined
}

/** Options of a search. */
export interface FindOptions {
  /** The trail's keys, those of before too: tokens, and subjects by pseudonym, are found by them alone. */
  readonly fingerprintKeys?: readonly FingerprintKey[] | undefined
}

type Test = (event: AuditEvent) => boolean

/**
 * Finds events, in the order of the trail. Nothing is verified: ask `verifyTrail` first.
 *
 * @throws RangeError for a query that asks for nothing, and for a token without a key
 */
export async function* findInTrail(
  source: TrailSource,
  query: TrailQuery,
  options: FindOptions = {},
): AsyncGenerator<AuditEvent, void> {
  const tests = toTests(query, (options.fingerprintKeys ?? []).map(toHmacKey))
  if (tests.length === 0) throw new RangeError('A query names a token, a subject or a txn')
  for await (const { parsed } of readTrail(source)) {
    if (parsed.kind !== 'garbage' && tests.every((test) => test(parsed.event))) yield parsed.event
  }
}

function toTests({ token, subject, txn }: TrailQuery, keys: readonly HmacKey[]): readonly Test[] {
  const tests: Test[] = []
  if (token !== undefined) {
    if (keys.length === 0) throw new RangeError('A token is found by the keys of its fingerprints')
    const names = new Set(keys.map((key) => toFingerprint(key, token)))
    tests.push(({ tokens }) =>
      [tokens?.subject, tokens?.actor, tokens?.issued].some((each) => names.has(each?.fp ?? '')),
    )
  }
  if (subject !== undefined) {
    const { iss, sub } = subject
    // A name that is long, or has a character that is escaped, stands in the trail as it was kept.
    const kept = ENTRY.subject.keep(subject, AS_IT_IS, subject) as Partial<AuditParty>
    const names = new Set([kept.sub, ...keys.map((key) => toPseudonym(key, iss, sub))])
    tests.push((event) =>
      [event.subject, ...(event.actor ?? [])].some((party) => party?.iss === kept.iss && names.has(party?.sub)),
    )
  }
  if (txn !== undefined) {
    const kept = ENTRY.txn.keep(txn, AS_IT_IS, {}) ?? ''
    tests.push((event) => event.txn === kept)
  }
  return tests
}
