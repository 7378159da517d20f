import type { AuditEvent } from '@countersign/core'
import { toCanonical, toHash } from './line.js'

/** What a line turned out to be. `edited`: an event whose hash is not its own. */
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
  return isEvent(value) ? checkHash(value) : { kind: 'garbage' }
}

/** The same for an event that was kept as something else than a line. */
export function checkHash(event: AuditEvent): ParsedLine {
  const { hash, ...place } = event.chain
  try {
    const own = toHash(place.prev, toCanonical({ ...event, chain: place }))
    return { kind: own === hash ? 'event' : 'edited', event }
  } catch {
    // A lone surrogate: JSON carries it, canonical JSON does not.
    return { kind: 'garbage' }
  }
}

function isEvent(value: unknown): value is AuditEvent {
  const { v, id, type, chain } = (value ?? {}) as Readonly<Record<string, unknown>>
  if (v !== 1 || typeof id !== 'string' || typeof type !== 'string') return false
  const { stream, seq, prev, hash } = (chain ?? {}) as Readonly<Record<string, unknown>>
  const isPlaced = Number.isSafeInteger(seq) && Number(seq) >= 1
  return isPlaced && [stream, prev, hash].every((text) => typeof text === 'string')
}
