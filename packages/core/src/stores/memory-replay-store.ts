import { UpstreamError } from '../errors.js'
import type { ReplayClaim, ReplayStore } from '../ports.js'

/** Bounds of a memory replay store. */
export interface MemoryReplayOptions {
  /** Default 100,000, about 20 MB. A full store refuses: it never forgets a live id in silence. */
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
  const expiries = new Map<string, number>()
  const buckets = new Map<number, Set<string>>()
  let sweptTo = Math.floor(monotonicNow() / BUCKET_MS)

  const sweep = (now: number): void => {
    const current = Math.floor(now / BUCKET_MS)
    for (; sweptTo < current; sweptTo++) {
      for (const id of buckets.get(sweptTo) ?? []) expiries.delete(id)
      buckets.delete(sweptTo)
      // A process that slept for a day has nothing but empty buckets to catch up on.
      if (buckets.size === 0) sweptTo = current - 1
    }
  }
  return {
    shared: false,
    claim(id, ttlMs) {
      const now = monotonicNow()
      sweep(now)
      if ((expiries.get(id) ?? -Infinity) > now) return { fresh: false }
      if (expiries.size >= maxEntries && !expiries.has(id))
        throw new UpstreamError('ERR_STORE_UNAVAILABLE', { detail: { maxEntries } })
      const expiresAt = now + ttlMs
      const bucket = Math.floor(expiresAt / BUCKET_MS) + 1
      buckets.get(Math.floor((expiries.get(id) ?? 0) / BUCKET_MS) + 1)?.delete(id)
      expiries.set(id, expiresAt)
      const ids = buckets.get(bucket)
      if (ids === undefined) buckets.set(bucket, new Set([id]))
      else ids.add(id)
      return { fresh: true }
    },
    get size() {
      return expiries.size
    },
  }
}
