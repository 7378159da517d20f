import type { KeyCacheRules } from '../rules.js'

/**
 * How long a fetched document may be used before it is read again, in milliseconds: `max-age` less `Age` (RFC 9111 section 4.2) within the
 * configured bounds; the least where it must not be stored; the default where `Cache-Control` says nothing.
 */
export function toLifetimeMs(header: (name: string) => string | undefined, rules: KeyCacheRules): number {
  const control = header('cache-control') ?? ''
  if (/(?:^|[\s,])(?:no-store|no-cache)(?:$|[\s,=])/i.test(control)) return rules.minAgeMs
  const maxAge = /(?:^|[\s,])max-age="?(\d{1,10})(?:$|[\s,"])/i.exec(control)?.[1]
  const wantedMs = maxAge === undefined ? rules.defaultAgeMs : (Number(maxAge) - readAgeSeconds(header('age'))) * 1_000
  return Math.min(Math.max(wantedMs, rules.minAgeMs), rules.maxAgeMs)
}

function readAgeSeconds(age: string | undefined): number {
  return age !== undefined && /^\d{1,10}$/.test(age) ? Number(age) : 0
}
