import type { Logger } from '@countersign/core'
import type { DegradedEvent } from './degraded.js'

/** What every store of this package can be told. */
export interface RedisStoreOptions {
  /** Begins every key. Printable ASCII without spaces and braces, at most 64 characters. Default `countersign:`. */
  readonly prefix?: string | undefined
  /** How long anybody waits for Redis, in milliseconds, up to 1,000. Default 50. */
  readonly deadlineMs?: number | undefined
  /** When Redis counts as away, and nobody waits any more. */
  readonly breaker?: BreakerOptions | undefined
  /** Hears what an operator should know. Default: nobody does. */
  readonly logger?: Logger | undefined
  /** Clocks, for tests. */
  readonly runtime?:
    | { readonly now?: (() => number) | undefined; readonly monotonicNow?: (() => number) | undefined }
    | undefined
}

/** When Redis counts as away. */
export interface BreakerOptions {
  /** After so many failures in a row. Default 5. */
  readonly failures?: number | undefined
  /** Milliseconds until one call tries again. Default 1,000. */
  readonly cooldownMs?: number | undefined
}

/** Options of a replay store. */
export interface ReplayStoreOptions extends RedisStoreOptions {
  /** While Redis is away, remember in this process alone, for a time. Default: refuse (503). */
  readonly degraded?: DegradedOptions | undefined
  /** Called as a local window begins, runs out and ends: for the audit trail. What it throws is dropped, at once or as a promise. */
  readonly onDegraded?: ((event: DegradedEvent) => void) | undefined
  /**
   * Takes a server without records for one that never held any, so that its first proofs are taken at once: for tests and
   * development. An emptied server then goes unnoticed.
   */
  readonly dangerouslyTrustEmptyServer?: boolean | undefined
}

/** A window of this process alone. */
export interface DegradedOptions {
  /** At most so many seconds an outage, 1 to 3,600. One that comes back within as many of its end is the same. */
  readonly local: number
  /** At most so many ids. Default 100,000. A full window refuses. */
  readonly maxEntries?: number | undefined
}

/** Options of a cache store. */
export interface CacheStoreOptions extends RedisStoreOptions {
  /** The first seals, all open: 1 to 8, each of at least 32 bytes, the same on every instance. Text counts by its UTF-8. */
  readonly secrets: readonly (string | Uint8Array)[]
  /** The longest value that is kept, in bytes. Default 65,536. */
  readonly maxValueBytes?: number | undefined
}

/** Options of a store of signing keys. */
export interface RedisKeysOptions extends RedisStoreOptions {
  /** Ends the one key, and tells services on one server apart. Like a prefix, at most 64 characters. Default `signing-keys`. */
  readonly name?: string | undefined
  /** How long anybody waits for Redis, in milliseconds, up to 1,000. Default 500: nobody asks while a request waits. */
  readonly deadlineMs?: number | undefined
}

/** Options of a store of revocations. */
export interface RedisRevocationsOptions extends RedisStoreOptions {
  /** The longest life of a token that could be revoked, in seconds: so long each record is kept, and two minutes for clocks. Default 24 h. */
  readonly maxTokenLifetimeSeconds?: number | undefined
}
