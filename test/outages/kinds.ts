import type { OutageKind, OutageOptions } from '@countersign/testing'

interface Outage {
  readonly kind: OutageKind
  readonly options?: OutageOptions
  /** Whether the failure is known at once, or only when the deadline has passed. */
  readonly ends: 'at once' | 'at the deadline'
}

/** Every way in which an issuer fails its verifiers. */
export const OUTAGES: readonly Outage[] = [
  { kind: 'down', ends: 'at once' },
  { kind: 'refusing', ends: 'at once' },
  { kind: 'hanging', ends: 'at the deadline' },
  { kind: 'stalled', ends: 'at the deadline' },
  { kind: 'loris', ends: 'at the deadline' },
  { kind: 'slow', ends: 'at the deadline' },
  { kind: 'huge', ends: 'at once' },
  { kind: 'gzip-bomb', ends: 'at once' },
  { kind: 'redirect', ends: 'at once' },
  { kind: 'malformed', ends: 'at once' },
  { kind: 'truncated', ends: 'at once' },
  { kind: 'deep-json', ends: 'at once' },
  { kind: 'empty-body', ends: 'at once' },
  { kind: 'html', ends: 'at once' },
  { kind: 'not-found', ends: 'at once' },
  { kind: 'error-500', ends: 'at once' },
  { kind: 'error-500', options: { status: 429, retryAfterSeconds: 3_600 }, ends: 'at once' },
  { kind: 'error-500', options: { status: 401 }, ends: 'at once' },
]

/** Ways in which one of the two documents alone goes wrong while both are served. */
export const LIES: readonly Outage[] = [
  { kind: 'empty-set', ends: 'at once' },
  { kind: 'lying-issuer', ends: 'at once' },
]

/** A title for a table of tests. */
export function toTitle({ kind, options = {} }: Outage): string {
  return [kind, ...Object.entries(options).map(([name, value]) => `${name} ${String(value)}`)].join(', ')
}
