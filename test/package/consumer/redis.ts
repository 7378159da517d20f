import type { CacheStore, ReplayStore } from '@countersign/core'
import { cacheStore, replayStore } from '@countersign/redis'
import type { RedisClient, RedisReadiness, ReplayStoreOptions } from '@countersign/redis'

/** Any client of these shapes will do: the library itself is not needed to compile. */
const client: RedisClient = {
  isOpen: true,
  sendCommand: (args: readonly string[]) => Promise.resolve(args.length),
}

const options: ReplayStoreOptions = { degraded: { local: 30 }, onDegraded: ({ state }) => void state.length }

export const replays: ReplayStore = replayStore(client, options)
export const cache: CacheStore = cacheStore(client, { secrets: ['a secret that thirty-two bytes hold'] })
export const ready: Promise<RedisReadiness> = replayStore(client).ready()

// @ts-expect-error -- a URL is no client
replayStore('redis://localhost')

// @ts-expect-error -- entries are sealed: there is no store without a secret
cacheStore(client, {})
