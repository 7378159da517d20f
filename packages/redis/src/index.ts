export { cacheStore } from './cache-store.js'
export type { RedisClient } from './client.js'
export type { DegradedEvent } from './degraded.js'
export type { RedisReadiness, RedisWarning } from './inspection.js'
export type {
  BreakerOptions,
  CacheStoreOptions,
  DegradedOptions,
  RedisStoreOptions,
  ReplayStoreOptions,
} from './options.js'
export { replayStore } from './replay-store.js'
export type { RedisReplayStore } from './replay-store.js'
