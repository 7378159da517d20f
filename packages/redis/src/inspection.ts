import { withDeadline } from './deadline.js'
import { isDenial } from './failure.js'
import type { ClientWeakness, Link } from './link.js'
import { PARTS, toRecordKey } from './memory.js'
import type { Memory } from './memory.js'
import { describe } from './script.js'

/** What an operator should change. */
export type RedisWarning =
  | ClientWeakness
  /** `maxmemory-policy` is not `noeviction`: the server may forget ids that are still good. */
  | 'eviction'
  /** The server says neither `master_replid` nor `run_id`: a failover cannot be noticed. */
  | 'identity'
  /** Older than Redis 7.0: `SET` takes no `NX` together with `GET`. */
  | 'version'
  /** The user of this connection may not run what the store runs. */
  | 'permission'
  /** The memory began a moment ago: what may have been used before is refused. It passes by itself. */
  | 'new-memory'

/** What was found out about a server and the way to it. */
export interface RedisReadiness {
  /** Whether every part of the memory could be reached. */
  readonly ok: boolean
  readonly warnings: readonly RedisWarning[]
  /**
   * From when on new proofs are taken, in milliseconds since the epoch: 15 s after the memory began, with `futureSkewSeconds` of 10 and
   * without nonces. In the past for a memory that is older; `undefined` where not every part of it could be reached.
   */
  readonly acceptsFromMs: number | undefined
}

/** What each warning says. */
export const MESSAGES: Readonly<Record<RedisWarning, string>> = {
  'offline-queue': 'The Redis client queues commands while it is offline: switch its offline queue off',
  'error-listener': "Nobody listens to the Redis client's error events: a lost connection would end this process",
  eviction: 'This Redis may evict entries: set maxmemory-policy to noeviction, and keep caches elsewhere',
  identity: 'This Redis says neither master_replid nor run_id: a failover would go unnoticed',
  version: 'This Redis is older than 7.0: it cannot claim an id in one operation',
  permission: 'The Redis user needs +set, +get, +eval, +evalsha, +info and +time, and the keys of the prefix',
  'new-memory':
    'This Redis has only just begun to remember: until acceptsFromMs proofs are refused (503), later still with nonces ' +
    'or a larger futureSkewSeconds. For development there is dangerouslyTrustEmptyServer',
}

const DEADLINE_MS = 2_000

/** So far ahead of its making may a proof be dated by default (10 s), and clocks of instances differ (5 s). */
const PREDATED_MS = 15_000

/** What an inspection found, and since when the part that began last has no gap. */
export interface Inspection extends RedisReadiness {
  readonly latestSinceMs: number
}

/**
 * From when on a proof that is made is known to be later than a gap: one that was dated ahead could have been used before the
 * memory began. `iat` is whole seconds.
 */
export function toAcceptsFromMs(sinceMs: number): number {
  return Math.ceil((sinceMs + PREDATED_MS) / 1_000) * 1_000
}

/** Looks at every part of the memory, which begins the records that are not there yet. Never rejects. */
export async function inspect(link: Link, memory: Memory, prefix: string, now: () => number): Promise<Inspection> {
  let latestSinceMs = 0
  const found = new Set<RedisWarning>(link.findWeaknesses())
  const looks = PARTS.map(async (part) => {
    const key = toRecordKey(prefix, part)
    const outcome = await withDeadline(DEADLINE_MS, () => Promise.all([memory.touch(part), describe(link, key)]))
    if (outcome.kind === 'done') {
      latestSinceMs = Math.max(latestSinceMs, outcome.value[0])
      for (const warning of judge(outcome.value[1])) found.add(warning)
    }
    if (outcome.kind === 'failed' && isDenial(outcome.error)) found.add('permission')
    return outcome.kind === 'done'
  })
  const ok = (await Promise.all(looks)).every(Boolean)
  const acceptsFromMs = toAcceptsFromMs(latestSinceMs)
  if (ok && now() < acceptsFromMs) found.add('new-memory')
  return { ok, warnings: [...found].toSorted(), acceptsFromMs: ok ? acceptsFromMs : undefined, latestSinceMs }
}

function judge([policy, version = '', identity]: readonly string[]): readonly RedisWarning[] {
  const major = Number(/^\d+/.exec(version)?.[0] ?? NaN)
  return [
    ...(policy === 'noeviction' ? [] : (['eviction'] as const)),
    ...(major < 7 ? (['version'] as const) : []),
    ...(identity === '-' ? (['identity'] as const) : []),
  ]
}
