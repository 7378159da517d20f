export { cacheStore } from './cache-store.js'
export type { RedisClient } from './client.js'
export type { DegradedEvent } from './degraded.js'
export type { RedisReadiness, RedisWarning } from './inspection.js'
export type {
  BreakerOptions,
  CacheStoreOptions,
  DegradedOptions,
  RedisKeysOptions,
  RedisRevocationsOptions,
  RedisStoreOptions,
  ReplayStoreOptions,
} from './options.js'
export { redisKeys } from './redis-keys.js'
export { redisRevocations } from './redis-revocations.js'
export type { RedisRevocationStore } from './redis-revocations.js'
export { replayStore } from './replay-store.js'
export type { RedisReplayStore } from './replay-store.js'
