import { ConfigurationError } from '@countersign/core'
import { createClient, createClientPool, createCluster, createSentinel } from '@redis/client'
import { Cluster as IoredisCluster, Redis as Ioredis } from 'ioredis'
import { Cluster as IovalkeyCluster, Redis as Iovalkey } from 'iovalkey'
import { describe, expect, it } from 'vitest'
import type { RedisClient } from '../src/index.js'
import { toLink } from '../src/link.js'

/** A recorder in the shape of a client: what is called, and with what. */
function record(shape: Readonly<Record<string, unknown>>, method: string): { client: RedisClient; calls: unknown[][] } {
  const calls: unknown[][] = []
  const call = (...args: unknown[]): Promise<string> => {
    calls.push(args)
    return Promise.resolve('OK')
  }
  return { client: { ...shape, [method]: call } as never, calls }
}

/** Clients as their libraries make them, not connected: which shape each has is theirs to say. */
const real: readonly (readonly [string, () => RedisClient, readonly unknown[]])[] = [
  ['createClient', () => createClient(), [['GET', 'key']]],
  ['createClientPool', () => createClientPool(), [['GET', 'key']]],
  [
    'createCluster',
    () => createCluster({ rootNodes: [{ url: 'redis://127.0.0.1:1' }] }),
    ['key', false, ['GET', 'key']],
  ],
  [
    'createSentinel',
    () => createSentinel({ name: 'main', sentinelRootNodes: [{ host: '127.0.0.1', port: 1 }] }),
    [false, ['GET', 'key']],
  ],
]

describe('a client', () => {
  it.each(real)('of %s is called as its library wants it', async (_, create, expected) => {
    const client = create()
    const calls: unknown[][] = []
    const spied = new Proxy(client, {
      get: (target, name) =>
        name === 'sendCommand' ? (...args: unknown[]) => Promise.resolve(calls.push(args)) : Reflect.get(target, name),
    })
    await toLink(spied).send('key', ['GET', 'key'])
    expect(calls).toEqual([expected])
  })

  it.each([
    ['ioredis', () => new Ioredis({ lazyConnect: true })],
    ['iovalkey', () => new Iovalkey({ lazyConnect: true })],
    ['a cluster of ioredis', () => new IoredisCluster([], { lazyConnect: true })],
    ['a cluster of iovalkey', () => new IovalkeyCluster([], { lazyConnect: true })],
  ])('of %s is called by command and arguments', async (_, create) => {
    const calls: unknown[][] = []
    const client = create()
    client.call = ((...args: unknown[]) => Promise.resolve(calls.push(args))) as never
    await toLink(client).send('key', ['GET', 'key'])
    expect(calls).toEqual([['GET', 'key']])
    client.disconnect()
  })

  it('of glide is called with one list', async () => {
    const { client, calls } = record({}, 'customCommand')
    await toLink(client).send('key', ['GET', 'key'])
    expect(calls).toEqual([[['GET', 'key']]])
  })

  it('that throws at once rejects', async () => {
    const client: RedisClient = {
      customCommand() {
        throw new Error('closed')
      },
    }
    await expect(toLink(client).send('key', ['GET', 'key'])).rejects.toThrow('closed')
  })

  it.each([
    ['a URL', 'redis://user:password@localhost'],
    ['nothing', undefined],
    ['null', null],
    ['an object without methods', {}],
    ['the library in place of a client', { createClient }],
  ])('is not %s', (_, value) => {
    expect(() => toLink(value as never)).toThrow(ConfigurationError)
    expect(() => toLink(value as never)).toThrow(
      /^Option "client": got .*, wants a client of redis, ioredis, iovalkey or @valkey/,
    )
    expect(() => toLink(value as never)).not.toThrow(/password/)
  })
})
