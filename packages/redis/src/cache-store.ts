import { createHash } from 'node:crypto'
import type { CacheStore } from '@countersign/core'
import type { RedisClient } from './client.js'
import { createGate } from './gate.js'
import { toLink } from './link.js'
import { readCacheOptions } from './option-tables.js'
import type { CacheStoreOptions } from './options.js'
import { toText } from './reply.js'
import { OVERHEAD_BYTES, createSeal } from './seal.js'

/**
 * Keeps bytes in Redis or Valkey for other instances, sealed with AES-256-GCM: who can read or write the server learns and
 * changes nothing, and can only take entries away or put an older one of the same name back while it is still good.
 *
 * A value that does not open is absent, and the logger hears of the first one. Longer values than `maxValueBytes` are not kept.
 * Every method rejects with UpstreamError `ERR_STORE_UNAVAILABLE` (503) within the deadline where Redis does not answer: what a
 * cache cannot give is fetched anew.
 *
 * @param client of `redis`, `ioredis`, `iovalkey` or `@valkey/valkey-glide`, single or cluster; never closed here
 * @throws ConfigurationError for another client, and for options that cannot be
 */
export function cacheStore(client: RedisClient, options: CacheStoreOptions): CacheStore {
  const link = toLink(client)
  const rules = readCacheOptions(options)
  const { prefix, logger, runtime, maxValueBytes } = rules
  const gate = createGate(rules, runtime, logger)
  const { seal, open } = createSeal(rules.secrets)
  // Another environment on the same server may have the same secrets: its entries are not ours.
  const toSealedName = (name: string): string => `${prefix} ${name}`
  const maxSealedLength = Math.ceil(((maxValueBytes + OVERHEAD_BYTES) * 4) / 3)
  const told = new Set<string>()

  const tellOnce = (message: string): void => {
    if (!told.has(message)) logger.warn(message)
    told.add(message)
  }
  const send = (key: string, args: readonly string[]): Promise<unknown> => gate.run(() => link.send(key, args))
  return {
    async get(name) {
      const key = toCacheKey(prefix, name)
      // One character more than there can be: whoever writes the server cannot make this process swallow megabytes.
      const sealed = toText(await send(key, ['GETRANGE', key, '0', String(maxSealedLength)]))
      if (sealed === undefined || sealed === '') return undefined
      const value = sealed.length > maxSealedLength ? undefined : open(toSealedName(name), sealed, runtime.now())
      if (value === 'expired') return undefined
      if (value === undefined)
        tellOnce('A cache entry does not open: another secret, or somebody else writes this Redis')
      return value
    },
    async set(name, value, ttlMs) {
      if (!(ttlMs > 0 && ttlMs < Number.MAX_SAFE_INTEGER)) throw new RangeError('A time to live is above 0 ms')
      if (value.length > maxValueBytes) return tellOnce('A value is longer than maxValueBytes and is not cached')
      const key = toCacheKey(prefix, name)
      const ttl = Math.max(1, Math.ceil(ttlMs))
      await send(key, ['SET', key, seal(toSealedName(name), value, runtime.now() + ttl), 'PX', String(ttl)])
    },
    async delete(name) {
      const key = toCacheKey(prefix, name)
      await send(key, ['DEL', key])
    },
  }
}

/** Names may be long and may tell something: the server sees their hash, of prefix and name with their lengths before them. */
function toCacheKey(prefix: string, name: string): string {
  const digest = createHash('sha256')
  for (const part of [prefix, name]) digest.update(`${Buffer.byteLength(part)}:`).update(part)
  return `${prefix}cache:${digest.digest().subarray(0, 16).toString('base64url')}`
}
