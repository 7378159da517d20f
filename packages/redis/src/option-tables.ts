import type { Logger } from '@countersign/core'
import {
  flag,
  invalid,
  list,
  logger,
  number,
  optional,
  readTable,
  required,
  secret,
  silentLogger,
  table,
} from '@countersign/core/adapter'
import type { Clock, Kind, OptionTable } from '@countersign/core/adapter'
import type { BreakerRules } from './breaker.js'
import type { DegradedEvent, DegradedRules } from './degraded.js'
import type { CacheStoreOptions, RedisKeysOptions, RedisRevocationsOptions, ReplayStoreOptions } from './options.js'

/** Options that every store has, as read. */
export interface ReadStoreOptions {
  readonly prefix: string
  readonly deadlineMs: number
  readonly breaker: BreakerRules
  readonly logger: Logger
  readonly runtime: Clock
}

/** Options of a replay store as read. */
export interface ReadReplayOptions extends ReadStoreOptions {
  readonly degraded: DegradedRules | undefined
  readonly onDegraded: ((event: DegradedEvent) => void) | undefined
  readonly dangerouslyTrustEmptyServer: boolean
}

/** Options of a cache store as read. */
export interface ReadCacheOptions extends ReadStoreOptions {
  readonly secrets: readonly Uint8Array[]
  readonly maxValueBytes: number
}

/** Options of a store of signing keys as read. */
export interface ReadKeysOptions extends ReadStoreOptions {
  readonly name: string
}

/** Options of a store of revocations as read. */
export interface ReadRevocationsOptions extends ReadStoreOptions {
  readonly maxTokenLifetimeSeconds: number
}

/** A part of a key. */
function keyPart(example: string): Kind<string> {
  const wants = 'printable ASCII without spaces and braces'
  return {
    wants,
    read(value, option) {
      if (typeof value === 'string' && /^[\x21-\x7A\x7C\x7E]{1,64}$/.test(value)) return value
      throw invalid({ option, got: value, wants, fix: `Such as "${example}". Braces would pin a slot.` })
    },
  }
}

const BREAKER_TABLE: OptionTable<BreakerRules> = {
  failures: optional(number('failures', 1, 1_000, true), 5),
  cooldownMs: optional(number('milliseconds', 1, 60_000), 1_000),
}

const systemClock: Clock = { now: () => Date.now(), monotonicNow: () => performance.now() }

const CLOCK_TABLE: OptionTable<Clock> = {
  now: optional(callback('the wall clock, in milliseconds since the epoch'), systemClock.now),
  monotonicNow: optional(callback('a clock that never goes back, in milliseconds'), systemClock.monotonicNow),
}

const DEGRADED_TABLE: OptionTable<DegradedRules> = {
  local: required(number('seconds', 1, 3_600)),
  maxEntries: optional(number('entries', 1, 10_000_000, true), 100_000),
}

const secrets: Kind<readonly Uint8Array[]> = {
  wants: 'a list of 1 to 8 secrets',
  read(value, option) {
    if (Array.isArray(value) && value.length <= 8) return list(secret, this.wants).read(value, option)
    const fix = 'The first seals, and every value is tried with each: drop the oldest.'
    throw invalid({ option, got: value, wants: this.wants, fix, secret: true })
  },
}

const STORE_TABLE: OptionTable<ReadStoreOptions> = {
  prefix: optional(keyPart('countersign:'), 'countersign:'),
  deadlineMs: optional(number('milliseconds', 1, 1_000), 50),
  breaker: optional(table(BREAKER_TABLE), readTable(BREAKER_TABLE, {}, 'breaker')),
  logger: optional(logger, silentLogger),
  runtime: optional(table(CLOCK_TABLE), systemClock),
}

const REPLAY_TABLE: OptionTable<ReadReplayOptions> = {
  ...STORE_TABLE,
  degraded: optional(table(DEGRADED_TABLE)),
  onDegraded: optional(callback<(event: DegradedEvent) => void>('a function')),
  dangerouslyTrustEmptyServer: optional(flag, false),
}

const CACHE_TABLE: OptionTable<ReadCacheOptions> = {
  ...STORE_TABLE,
  secrets: required(secrets),
  maxValueBytes: optional(number('bytes', 1, 16_777_216, true), 65_536),
}

const KEYS_TABLE: OptionTable<ReadKeysOptions> = {
  ...STORE_TABLE,
  deadlineMs: optional(STORE_TABLE.deadlineMs.kind as Kind<number>, 500),
  name: optional(keyPart('signing-keys'), 'signing-keys'),
}

const REVOCATIONS_TABLE: OptionTable<ReadRevocationsOptions> = {
  ...STORE_TABLE,
  maxTokenLifetimeSeconds: optional(number('seconds', 1, 366 * 86_400), 86_400),
}

/** @throws ConfigurationError naming the option */
export function readReplayOptions(options: ReplayStoreOptions): ReadReplayOptions {
  return readTable(REPLAY_TABLE, options, '')
}

/** @throws ConfigurationError naming the option */
export function readCacheOptions(options: CacheStoreOptions): ReadCacheOptions {
  return readTable(CACHE_TABLE, options, '')
}

/** @throws ConfigurationError naming the option */
export function readKeysOptions(options: RedisKeysOptions): ReadKeysOptions {
  return readTable(KEYS_TABLE, options, '')
}

/** @throws ConfigurationError naming the option */
export function readRevocationsOptions(options: RedisRevocationsOptions): ReadRevocationsOptions {
  return readTable(REVOCATIONS_TABLE, options, '')
}

function callback<T extends (...parameters: never[]) => unknown>(wants: string): Kind<T> {
  return {
    wants,
    read(value, option) {
      if (typeof value === 'function') return value as T
      throw invalid({ option, got: value, wants, fix: 'Pass a function, or leave it out.' })
    },
  }
}
