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

/** What was found out about a server and the way to it. */
export interface RedisReadiness {
  /** Whether every part of the memory could be reached. */
  readonly ok: boolean
  readonly warnings: readonly RedisWarning[]
}

/** What each warning says. */
export const MESSAGES: Readonly<Record<RedisWarning, string>> = {
  'offline-queue': 'The Redis client queues commands while it is offline: switch its offline queue off',
  'error-listener': "Nobody listens to the Redis client's error events: a lost connection would end this process",
  eviction: 'This Redis may evict entries: set maxmemory-policy to noeviction, and keep caches elsewhere',
  identity: 'This Redis says neither master_replid nor run_id: a failover would go unnoticed',
  version: 'This Redis is older than 7.0: it cannot claim an id in one operation',
  permission: 'The Redis user needs +set, +get, +eval, +evalsha, +info and +time, and the keys of the prefix',
}

const DEADLINE_MS = 2_000

/** What an inspection found, and since when the part that began last has no gap. */
export interface Inspection extends RedisReadiness {
  readonly latestSinceMs: number
}

/** Looks at every part of the memory, which begins the records that are not there yet. Never rejects. */
export async function inspect(link: Link, memory: Memory, prefix: string): Promise<Inspection> {
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
  return { ok, warnings: [...found].toSorted(), latestSinceMs }
}

function judge([policy, version = '', identity]: readonly string[]): readonly RedisWarning[] {
  const major = Number(/^\d+/.exec(version)?.[0] ?? NaN)
  return [
    ...(policy === 'noeviction' ? [] : (['eviction'] as const)),
    ...(major < 7 ? (['version'] as const) : []),
    ...(identity === '-' ? (['identity'] as const) : []),
  ]
}
