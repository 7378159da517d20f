import { invalid } from '@countersign/core/adapter'
import type {
  GlideClientLike,
  IoredisClient,
  NodeRedisClient,
  NodeRedisCluster,
  NodeRedisSentinel,
  RedisClient,
} from './client.js'

/** One way to send a command, whatever the client. */
export interface Link {
  /** Sends a command about one key. Rejects with what the client throws, thrown at once or later. */
  send(key: string, args: readonly string[]): Promise<unknown>
  /** What about the client may hurt later; asked when the application has set it up. */
  findWeaknesses(): readonly ClientWeakness[]
}

/** A setting of a client that the stores survive and the application may not. */
export type ClientWeakness = 'offline-queue' | 'error-listener'

/**
 * Tells the supported clients apart by their methods, because two copies of one library share no class:
 *
 * - `customCommand`: `@valkey/valkey-glide`, which finds the node of a key by itself;
 * - `call` and `isCluster`: `ioredis` and `iovalkey`;
 * - `sendCommand`: `redis` and `@redis/client`; with `getSlotRandomNode` a cluster, with `getMasterNode` a Sentinel setup,
 *   else a single connection or a pool of them.
 *
 * @throws ConfigurationError for anything else
 */
export function toLink(client: RedisClient): Link {
  if (isGlide(client)) return { send: guard((_, args) => client.customCommand(args)), findWeaknesses: () => [] }
  if (isIoredis(client)) {
    const send = guard((_, [command = '', ...args]) => client.call(command, ...args))
    return { send, findWeaknesses: () => findIoredisWeaknesses(client) }
  }
  if (!has(client, 'sendCommand')) {
    const wants = 'a client of redis, ioredis, iovalkey or @valkey/valkey-glide'
    throw invalid({ option: 'client', got: client, wants, fix: 'Pass the connected client itself.' })
  }
  const findWeaknesses = (): readonly ClientWeakness[] => findNodeRedisWeaknesses(client)
  if (isCluster(client)) return { send: guard((key, args) => client.sendCommand(key, false, args)), findWeaknesses }
  if (isSentinel(client)) return { send: guard((_, args) => client.sendCommand(false, args)), findWeaknesses }
  const single = client as NodeRedisClient
  return { send: guard((_, args) => single.sendCommand(args)), findWeaknesses }
}

function isGlide(client: RedisClient): client is GlideClientLike {
  return has(client, 'customCommand')
}

function isIoredis(client: RedisClient): client is IoredisClient {
  return has(client, 'call') && 'isCluster' in client
}

function isCluster(client: RedisClient): client is NodeRedisCluster {
  return has(client, 'getSlotRandomNode')
}

function isSentinel(client: RedisClient): client is NodeRedisSentinel {
  return has(client, 'getMasterNode')
}

function has(client: unknown, method: string): client is object {
  return typeof client === 'object' && client !== null && typeof Reflect.get(client, method) === 'function'
}

/** Some clients throw at once when they are closed: to the caller that is a rejection like any other. */
function guard(send: (key: string, args: string[]) => Promise<unknown>): Link['send'] {
  return async (key, args) => send(key, [...args])
}

function findIoredisWeaknesses(client: object): readonly ClientWeakness[] {
  return readOptions(client)?.['enableOfflineQueue'] === true ? ['offline-queue'] : []
}

function findNodeRedisWeaknesses(client: object): readonly ClientWeakness[] {
  const found: ClientWeakness[] = []
  const options = readOptions(client)
  if (options !== undefined && options['disableOfflineQueue'] !== true) found.push('offline-queue')
  // EventEmitter throws an 'error' that nobody listens to: a lost connection would end the process.
  const count: unknown = Reflect.get(client, 'listenerCount')
  if (typeof count === 'function' && count.call(client, 'error') === 0) found.push('error-listener')
  return found
}

function readOptions(client: object): Readonly<Record<string, unknown>> | undefined {
  const options: unknown = Reflect.get(client, 'options')
  return typeof options === 'object' && options !== null ? (options as Readonly<Record<string, unknown>>) : undefined
}
