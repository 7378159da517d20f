import { UpstreamError } from '../errors.js'
import type { ReplayClaim, ReplayStore } from '../ports.js'

/** Bounds of a memory replay store. */
export interface MemoryReplayOptions {
  /** Default 100,000, about 12 MB. A full store refuses: it never forgets a live id in silence. */
  readonly maxEntries?: number | undefined
  /** A clock that never goes back, in milliseconds. */
  readonly monotonicNow?: (() => number) | undefined
}

/** A replay store of this process. */
export interface MemoryReplayStore extends ReplayStore {
  claim(id: string, ttlMs: number): ReplayClaim
  readonly size: number
}

/** Ids are swept in the order of their buckets, so that no claim walks the whole memory. */
const BUCKET_MS = 1_000
/** And a few at a time: a burst that runs out in one second must not block the next claim. */
const SWEPT_A_CLAIM = 64
/** Small maps grow in small steps, where one of a million ids would stop everything for as long as it is copied. */
const SHARDS = 64

/**
 * Remembers used ids in this process alone. Right for one instance; a second one, or a restart, knows nothing of them: share a
 * store through Redis, or give nonces, which die with the process.
 *
 * `claim` throws {@link UpstreamError} `ERR_STORE_UNAVAILABLE` (503) where the store is full of live ids.
 */
export function memoryReplayStore(options: MemoryReplayOptions = {}): MemoryReplayStore {
  const { maxEntries = 100_000, monotonicNow = () => performance.now() } = options
  if (!Number.isSafeInteger(maxEntries) || maxEntries < 1)
    throw new RangeError('memoryReplayStore() wants maxEntries as a whole number of 1 or more')
  const shards = Array.from({ length: SHARDS }, () => new Map<string, number>())
  const toShard = (id: string): Map<string, number> => shards[(id.charCodeAt(0) || 0) % SHARDS] as Map<string, number>
  const buckets = new Map<number, string[]>()
  let sweptTo = Math.floor(monotonicNow() / BUCKET_MS)
  let size = 0

  const sweep = (now: number): void => {
    const current = Math.floor(now / BUCKET_MS)
    for (let left = SWEPT_A_CLAIM; left > 0 && sweptTo <= current;) {
      const id = buckets.get(sweptTo)?.pop()
      if (id === undefined) {
        buckets.delete(sweptTo)
        // A process that slept for a month has nothing but empty buckets to catch up on.
        sweptTo = buckets.size === 0 ? current + 1 : sweptTo + 1
        continue
      }
      left--
      const shard = toShard(id)
      // It may have been claimed again since, and then stands in a later bucket too.
      if ((shard.get(id) ?? Infinity) > now) continue
      shard.delete(id)
      size--
    }
  }
  return {
    shared: false,
    claim(id, ttlMs) {
      const now = monotonicNow()
      sweep(now)
      const shard = toShard(id)
      const known = shard.get(id)
      if (known !== undefined && known > now) return { fresh: false }
      if (known === undefined) {
        if (size >= maxEntries) throw new UpstreamError('ERR_STORE_UNAVAILABLE', { detail: { maxEntries } })
        size++
      }
      const expiresAt = now + ttlMs
      shard.set(id, expiresAt)
      const bucket = Math.floor(expiresAt / BUCKET_MS) + 1
      const ids = buckets.get(bucket)
      if (ids === undefined) buckets.set(bucket, [id])
      else ids.push(id)
      return { fresh: true }
    },
    get size() {
      return size
    },
  }
}
