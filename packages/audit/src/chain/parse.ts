import type { AuditEvent } from '@countersign/core'
import { placeHash, toCanonical, toHash } from './line.js'

/** What a line turned out to be. `edited`: an event whose hash is not its own, or a line that is not the one that was written. */
export type ParsedLine =
  | { readonly kind: 'event'; readonly event: AuditEvent }
  | { readonly kind: 'edited'; readonly event: AuditEvent }
  | { readonly kind: 'garbage' }

/** Reads one line of a trail, and checks its hash. Whether it follows the one before is another question. */
export function parseLine(line: string): ParsedLine {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return { kind: 'garbage' }
  }
  return check(value, (canonical, hash) => placeHash(canonical, hash) === line)
}

/** The same for what was kept as something else than a line. */
export function parseRow(value: unknown): ParsedLine {
  return check(value, () => true)
}

/**
 * A member that stands there twice, or a number with more digits than count, has the hash of the event that was sealed, and whoever
 * looks at the line reads another: a line must be the very one.
 */
function check(value: unknown, isVery: (canonical: string, hash: string) => boolean): ParsedLine {
  if (!isEvent(value)) return { kind: 'garbage' }
  const { hash, ...place } = value.chain
  try {
    const canonical = toCanonical({ ...value, chain: place })
    const isOwn = toHash(place.prev, canonical) === hash && isVery(canonical, hash)
    return { kind: isOwn ? 'event' : 'edited', event: value }
  } catch {
    // A lone surrogate: JSON carries it, canonical JSON does not.
    return { kind: 'garbage' }
  }
}

type Members = Readonly<Record<string, unknown>>

/** Whoever can write a trail can give an event members of any kind, and a hash that fits: readers must be able to look into them. */
const OBJECTS = [
  'request',
  'trace',
  'subject',
  'client',
  'target',
  'scope',
  'exchange',
  'tokens',
  'policy',
  'key',
  'keySet',
  'sampled',
  'counted',
  'gap',
  'sink',
  'checkpoint',
  'predecessor',
]

function isEvent(value: unknown): value is AuditEvent {
  if (!isObject(value) || value['v'] !== 1 || !isObject(value['chain']) || !isObject(value['service'])) return false
  const { id, time, type, outcome, actor = [], chain } = value
  const { stream, seq, prev, hash } = chain as Members
  if (![id, time, type, outcome, stream, prev, hash].every((text) => typeof text === 'string')) return false
  if (!Number.isSafeInteger(seq) || Number(seq) < 1) return false
  if (!Array.isArray(actor) || !actor.every((party) => isObject(party))) return false
  return OBJECTS.every((name) => value[name] === undefined || isObject(value[name]))
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
