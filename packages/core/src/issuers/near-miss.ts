import { LRUCache } from 'lru-cache'
import type { Logger, Runtime } from '../runtime.js'

/** How a name differs from a configured one. */
export type Difference = 'trailing slash' | 'case' | 'http instead of https' | 'another path on the same host'

/** A configured name that a refused one nearly is. Holds nothing of the refused one. */
export interface NearMiss {
  readonly configured: string
  readonly difference: Difference
}

/** Finds near misses, and tells the operator of each at most once a minute. */
export interface NearMisses {
  find(name: string): NearMiss | undefined
  report(what: 'issuer' | 'audience', name: string): NearMiss | undefined
}

const REPORT_EVERY_MS = 60_000

/**
 * Indexes configured names by the forms in which they are usually got wrong. One look-up per form, whatever the number of names.
 * The comparison that lets a token in stays exact: this only explains why it did not.
 */
export function createNearMisses(names: Iterable<string>, logger: Logger, runtime: Runtime): NearMisses {
  const byForm = new Map<string, string>()
  const byHost = new Map<string, string>()
  for (const name of names) {
    if (!byForm.has(toForm(name))) byForm.set(toForm(name), name)
    const host = toHost(name)
    if (host !== undefined && !byHost.has(host)) byHost.set(host, name)
  }
  const reportedAtMs = new LRUCache<string, number>({ max: 1_000 })
  const find = (name: string): NearMiss | undefined => {
    const alike = byForm.get(toForm(name))
    if (alike !== undefined && alike !== name) return { configured: alike, difference: toDifference(name, alike) }
    const neighbour = alike === undefined ? byHost.get(toHost(name) ?? '') : undefined
    return neighbour === undefined ? undefined : { configured: neighbour, difference: 'another path on the same host' }
  }
  return {
    find,
    report(what, name) {
      const miss = find(name)
      if (miss === undefined) return undefined
      const now = runtime.monotonicNow()
      const key = `${what} ${miss.configured}`
      if (now - (reportedAtMs.get(key) ?? -Infinity) >= REPORT_EVERY_MS) {
        reportedAtMs.set(key, now)
        logger.warn(`A token was refused whose ${what} is nearly a configured one`, { ...miss })
      }
      return miss
    },
  }
}

function toForm(name: string): string {
  return name
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/\/$/, '')
}

function toHost(name: string): string | undefined {
  return /^https?:\/\/([^/?#\s]{1,255})/i.exec(name)?.[1]?.toLowerCase()
}

function toDifference(name: string, configured: string): Difference {
  if (name.endsWith('/') !== configured.endsWith('/')) return 'trailing slash'
  return name.startsWith('http:') !== configured.startsWith('http:') ? 'http instead of https' : 'case'
}
