import { createClient, createCluster } from '@redis/client'
import { Cluster as IoredisCluster, Redis as Ioredis } from 'ioredis'
import { Cluster as IovalkeyCluster, Redis as Iovalkey } from 'iovalkey'
import type * as Glide from '@valkey/valkey-glide'
import type { RedisClient } from '../src/index.js'

/** A client under test, and how it is put away. */
export interface Opened {
  readonly client: RedisClient
  close(): void
}

/** One of the supported libraries. */
export interface Library {
  readonly name: string
  /** As the README recommends. */
  open(url: string): Promise<Opened>
  /** As its own quick start has it: nothing set. */
  openPlain(url: string): Promise<Opened>
  openCluster(ports: readonly number[]): Promise<Opened>
}

const toNodes = (ports: readonly number[]): { host: string; port: number }[] =>
  ports.map((port) => ({ host: '127.0.0.1', port }))

const nodeRedis: Library = {
  name: '@redis/client',
  async open(url) {
    const client = createClient({ url, disableOfflineQueue: true, socket: { reconnectStrategy: 20 } })
    client.on('error', () => {})
    await client.connect()
    return { client, close: () => client.destroy() }
  },
  async openPlain(url) {
    const client = createClient({ url })
    client.on('error', () => {})
    await client.connect()
    return { client, close: () => client.destroy() }
  },
  async openCluster(ports) {
    const client = createCluster({
      rootNodes: toNodes(ports).map((socket) => ({ socket })),
      defaults: { disableOfflineQueue: true, socket: { reconnectStrategy: 100 } },
    })
    client.on('error', () => {})
    await client.connect()
    return { client, close: () => client.destroy() }
  },
}

const ioredis: Library = {
  name: 'ioredis',
  async open(url) {
    const settings = { enableOfflineQueue: false, maxRetriesPerRequest: 0, retryStrategy: () => 20 }
    const client = new Ioredis(url, { ...settings, lazyConnect: true })
    client.on('error', () => {})
    await client.connect()
    return { client, close: () => client.disconnect() }
  },
  async openPlain(url) {
    const client = new Ioredis(url)
    client.on('error', () => {})
    await client.ping()
    return { client, close: () => client.disconnect() }
  },
  async openCluster(ports) {
    const client = new IoredisCluster(toNodes(ports), { enableOfflineQueue: false, lazyConnect: true })
    client.on('error', () => {})
    await client.connect()
    return { client, close: () => client.disconnect() }
  },
}

const iovalkey: Library = {
  name: 'iovalkey',
  async open(url) {
    const settings = { enableOfflineQueue: false, maxRetriesPerRequest: 0, retryStrategy: () => 20 }
    const client = new Iovalkey(url, { ...settings, lazyConnect: true })
    client.on('error', () => {})
    await client.connect()
    return { client, close: () => client.disconnect() }
  },
  async openPlain(url) {
    const client = new Iovalkey(url)
    client.on('error', () => {})
    await client.ping()
    return { client, close: () => client.disconnect() }
  },
  async openCluster(ports) {
    const client = new IovalkeyCluster(toNodes(ports), { enableOfflineQueue: false, lazyConnect: true })
    client.on('error', () => {})
    await client.connect()
    return { client, close: () => client.disconnect() }
  },
}

function toGlide({ GlideClient, GlideClusterClient, Logger }: typeof Glide): Library {
  Logger.init('off')
  const open: Library['open'] = async (url) => {
    const { hostname, port, username, password } = new URL(url)
    const credentials = password === '' ? {} : { credentials: { username: username || 'default', password } }
    const addresses = [{ host: hostname, port: Number(port || 6_379) }]
    const client = await GlideClient.createClient({ addresses, ...credentials })
    return { client, close: () => client.close() }
  }
  return {
    name: '@valkey/valkey-glide',
    open,
    openPlain: open,
    async openCluster(ports) {
      const client = await GlideClusterClient.createClient({ addresses: toNodes(ports) })
      return { client, close: () => client.close() }
    },
  }
}

/** glide is a native library for Linux and macOS: where its binary does not load, `noGlide` has the reason for a title. */
const glide = await import('@valkey/valkey-glide').then(toGlide, () => undefined)

/** Why the fourth library is left out, as the end of a title; `''` where it is not. */
export const noGlide: string =
  glide === undefined ? ' (left out: the native binary of @valkey/valkey-glide does not load here)' : ''

/** The libraries that can be had here. */
export const libraries: readonly Library[] = [nodeRedis, ioredis, iovalkey, ...(glide === undefined ? [] : [glide])]

/** Begins the keys of one test file on a server that is somebody else's. */
export const testPrefix = `countersign-test-${process.pid}:`

/** Takes away what a test file left on somebody else's server. */
export async function clean(url: string): Promise<void> {
  const client = createClient({ url })
  client.on('error', () => {})
  await client.connect()
  for await (const keys of client.scanIterator({ MATCH: `${testPrefix}*` })) if (keys.length > 0) await client.del(keys)
  client.destroy()
}
