import type { AuditEvent, AuditParty } from '@countersign/core'
import { invalid, listOrNone, optional, readTable } from '@countersign/core/adapter'
import type { Kind, OptionTable } from '@countersign/core/adapter'
import { AS_IT_IS } from '../event/shape.js'
import { ENTRY } from '../event/table.js'
import { toFingerprint, toPseudonym } from '../fingerprint.js'
import type { FingerprintKey, HmacKey } from '../fingerprint.js'
import { fingerprintKey } from '../option-kinds.js'
import { readTrail, trailSource } from './source.js'
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

/** Whatever may stand in a trail: also nothing, and half of a character. */
const anyText: Kind<string> = {
  wants: 'a string',
  read(value, option) {
    if (typeof value === 'string') return value
    throw invalid({
      option,
      got: value,
      wants: this.wants,
      fix: 'Leave it out, to look for something else.',
      secret: true,
    })
  },
}

/** A party of an event will do, whatever else it says. */
const subject: Kind<NonNullable<TrailQuery['subject']>> = {
  wants: '{ iss, sub }, both strings',
  read(value, option) {
    const { iss, sub } = (value ?? {}) as { readonly iss?: unknown; readonly sub?: unknown }
    if (typeof iss === 'string' && typeof sub === 'string') return { iss, sub }
    const fix =
      'Such as { iss: "https://login.example", sub: "alice" }: two issuers may give one name to different people.'
    throw invalid({ option, got: value, wants: this.wants, fix, secret: true })
  },
}

const QUERY: OptionTable<TrailQuery> = {
  token: optional(anyText),
  subject: optional(subject),
  txn: optional(anyText),
}

const OPTIONS: OptionTable<{ readonly fingerprintKeys: readonly HmacKey[] }> = {
  fingerprintKeys: optional(listOrNone(fingerprintKey, 'a list of keys'), []),
}

type Test = (event: AuditEvent) => boolean

/**
 * Finds events, in the order of the trail. Nothing is verified: ask `verifyTrail` first.
 *
 * @throws ConfigurationError naming the member of the query, or the option, as the first event is asked for
 * @throws RangeError for a query that asks for nothing, and for a token without a key
 */
export async function* findInTrail(
  source: TrailSource,
  query: TrailQuery,
  options: FindOptions = {},
): AsyncGenerator<AuditEvent, void> {
  const from = trailSource.read(source, 'source')
  const { fingerprintKeys } = readTable(OPTIONS, options, '')
  const tests = toTests(readTable(QUERY, query, 'query'), fingerprintKeys)
  if (tests.length === 0) throw new RangeError('A query names a token, a subject or a txn')
  for await (const { parsed } of readTrail(from)) {
    if (parsed.kind !== 'garbage' && tests.every((test) => test(parsed.event))) yield parsed.event
  }
}

function toTests({ token, subject: who, txn }: TrailQuery, keys: readonly HmacKey[]): readonly Test[] {
  const tests: Test[] = []
  if (token !== undefined) {
    if (keys.length === 0) throw new RangeError('A token is found by the keys of its fingerprints')
    const names = new Set(keys.map((key) => toFingerprint(key, token)))
    tests.push(({ tokens }) =>
      [tokens?.subject, tokens?.actor, tokens?.issued].some((each) => names.has(each?.fp ?? '')),
    )
  }
  if (who !== undefined) {
    const { iss, sub } = who
    // A name that is long, or has a character that is escaped, stands in the trail as it was kept.
    const kept = ENTRY.subject.keep(who, AS_IT_IS, who) as Partial<AuditParty>
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
