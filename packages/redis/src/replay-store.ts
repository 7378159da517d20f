import { randomBytes } from 'node:crypto'
import type { ReplayClaim, ReplayStore } from '@countersign/core'
import type { RedisClient } from './client.js'
import { createLocalWindow } from './degraded.js'
import { isRefusal } from './failure.js'
import { createGate } from './gate.js'
import { inspect } from './inspection.js'
import type { RedisReadiness } from './inspection.js'
import { toLink } from './link.js'
import { MemoryDoubt, createMemory } from './memory.js'
import { readReplayOptions } from './option-tables.js'
import type { ReplayStoreOptions } from './options.js'
import { createWatch } from './watch.js'
import { writeBack } from './write-back.js'

/** A memory of used ids that every instance shares. */
export interface RedisReplayStore extends ReplayStore {
  readonly shared: true
  claim(id: string, ttlMs: number): Promise<ReplayClaim>
  /**
   * Looks at the server and the client, tells the logger what should be changed, and begins the memory of a new server. Happens
   * by itself at construction. Whoever begins on a new server and then serves at once refuses its first clients all the same, until
   * `acceptsFromMs`: a proof may be dated ahead, and could have been used before the memory began. Never rejects.
   */
  ready(): Promise<RedisReadiness>
}

/** Between attempts of one call: a client needs a few of these for a new connection. */
const RETRY_MS = 10

/**
 * Remembers used ids in Redis or Valkey, for every instance that has the same server and prefix.
 *
 * Of any number of claims of one id at most one is fresh. `memorySinceMs` says since when the server has forgotten nothing: after
 * a failover, a restart or a FLUSHALL, whoever asks must not trust that an older id would still be known.
 *
 * `claim` rejects with UpstreamError `ERR_STORE_UNAVAILABLE` (503) within the deadline where Redis does not answer. It does not
 * see what a server forgets while it stays up: evictions, keys deleted by hand, and the writes of a master that was cut off from
 * its successor.
 *
 * @param client of `redis`, `ioredis`, `iovalkey` or `@valkey/valkey-glide`, single or cluster; never closed here
 * @throws ConfigurationError for another client, and for options that cannot be
 */
export function replayStore(client: RedisClient, options: ReplayStoreOptions = {}): RedisReplayStore {
  const link = toLink(client)
  const rules = readReplayOptions(options)
  const { prefix, runtime, logger, degraded } = rules
  const gate = createGate(rules, runtime, logger)
  const local = degraded && createLocalWindow(degraded, runtime, logger, rules.onDegraded)
  const memory = createMemory(link, {
    prefix,
    now: () => runtime.now(),
    trustsEmpty: rules.dangerouslyTrustEmptyServer,
  })
  const watch = createWatch(() => inspect(link, memory, prefix, () => runtime.now()), runtime, logger)

  /** The claim, and after it since when its server has no gap: asked before, the answer could be of a server that is gone. */
  const attempt = async (id: string, ttlMs: number, owner: string): Promise<ReplayClaim> => {
    const { identity, previous } = await memory.claim(id, owner, ttlMs)
    // Our own owner: an earlier attempt of this very call was carried out though its answer was lost.
    if (previous !== undefined && previous !== owner) return { fresh: false }
    const memorySinceMs = await memory.readSince(id, identity)
    watch.see(memorySinceMs)
    return { fresh: true, memorySinceMs }
  }

  void Promise.resolve().then(watch.inspect)
  return {
    shared: true,
    ready: watch.inspect,
    async claim(id, ttlMs) {
      if (typeof id !== 'string' || !/^[\w-]{1,64}$/.test(id))
        throw new TypeError('An id has 1 to 64 characters of base64url')
      if (!(ttlMs > 0 && ttlMs < Number.MAX_SAFE_INTEGER)) throw new RangeError('A time to live is above 0 ms')
      const ttl = toWholeMs(ttlMs)
      // Per call, never per process: an instance that knew its own mark again would vouch for its own replays.
      const owner = randomBytes(16).toString('base64url')
      let claimed: ReplayClaim
      try {
        claimed = await gate.run((isLate) => retry(() => attempt(id, ttl, owner), isLate))
      } catch (error) {
        if (local === undefined || !gate.isOpen) throw error
        return { fresh: local.claim(id, ttl) }
      }
      if (local === undefined) return claimed
      void writeBack(link, local.recover(), { prefix, monotonicNow: () => runtime.monotonicNow(), logger })
      return claimed.fresh && !local.confirm(id, ttl) ? { fresh: false } : claimed
    },
  }
}

function toWholeMs(ms: number): number {
  return Math.max(1, Math.ceil(ms))
}

/** Tries again what a lost connection ended, while somebody still waits. A refusal and a doubt would only come again. */
async function retry<T>(attempt: () => Promise<T>, isLate: () => boolean): Promise<T> {
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (isRefusal(error) || error instanceof MemoryDoubt || isLate()) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref())
  }
}
