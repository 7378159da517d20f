import type { CountersignError } from '../errors.js'
import { createOnceAMinute } from '../once-a-minute.js'
import type { Logger, Runtime } from '../runtime.js'

/** How a name differs from a configured one. */
export type Difference = 'trailing slash' | 'case' | 'http instead of https' | 'another path on the same host'

/** A configured name that a refused one nearly is. Holds nothing of the refused one. */
export interface NearMiss {
  readonly configured: string
  readonly difference: Difference
}

/** Finds the issuer that a refused one nearly is, and tells the operator of near misses. */
export interface NearMisses {
  find(issuer: string): NearMiss | undefined
  /** Logs the near miss that a refusal carries in its `detail`: each configured name at most once a minute. */
  tell(refusal: CountersignError): void
}

const MAX_COMPARED = 32

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
  const isDue = createOnceAMinute(runtime)
  const find = (name: string): NearMiss | undefined => {
    const alike = byForm.get(toForm(name))
    if (alike !== undefined && alike !== name) return { configured: alike, difference: toDifference(name, alike) }
    const neighbour = alike === undefined ? byHost.get(toHost(name) ?? '') : undefined
    return neighbour === undefined ? undefined : { configured: neighbour, difference: 'another path on the same host' }
  }
  return {
    find,
    tell({ detail }) {
      if (detail?.['difference'] === undefined) return
      const { claim, configured, difference } = detail
      if (!isDue(`${String(claim)} ${String(configured)}`)) return
      logger.warn('A token was refused for a claim that is nearly a configured value', {
        claim,
        configured,
        difference,
      })
    },
  }
}

/** Compares a few refused names with a few configured ones. Names that merely share a host are not near: hosts serve many APIs. */
export function findNearMiss(names: readonly string[], configured: readonly string[]): NearMiss | undefined {
  for (const name of names.slice(0, MAX_COMPARED)) {
    const form = toForm(name)
    const alike = configured
      .slice(0, MAX_COMPARED)
      .find((candidate) => candidate !== name && toForm(candidate) === form)
    if (alike !== undefined) return { configured: alike, difference: toDifference(name, alike) }
  }
  return undefined
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
