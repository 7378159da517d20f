import { readFileSync } from 'node:fs'
import type { Logger, RevocationQuery } from '@countersign/core'
import { createClient } from '@redis/client'
import { Redis as Ioredis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { cacheStore, redisKeys, redisRevocations, replayStore } from '../src/index.js'
import type { RedisReadiness } from '../src/index.js'
import { libraries, noGlide } from './clients.js'
import type { Opened } from './clients.js'
import { noServer, startServer, until } from './servers.js'
import type { TestServer } from './servers.js'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const readmeRights = /`(\+[a-z]+ [^`]*~\S+)`/.exec(readme)?.[1]?.split(' ') ?? []

describe.skipIf(noServer !== '')(`what is said of a server and a client${noServer}${noGlide}`, () => {
  let server: TestServer
  let lines: unknown[][]
  const opened: Opened[] = []
  const logger: Logger = {
    debug() {},
    info: (...line) => void lines.push(['info', ...line]),
    warn: (...line) => void lines.push(['warn', ...line]),
    error: (...line) => void lines.push(['error', ...line]),
  }
  beforeEach(async () => {
    lines = []
    server = await startServer()
  })
  afterEach(async () => {
    opened.splice(0).forEach(({ close }) => close())
    await server.stop()
  })
  const look = async (one: Opened): Promise<RedisReadiness> => {
    opened.push(one)
    return replayStore(one.client, { logger }).ready()
  }

  /** A client whose user may do what the README says, and nothing else. */
  const openAllowed = async (): Promise<Ioredis> => {
    await server.command('ACL', 'SETUSER', 'api', 'on', '>secret', '-@all', ...readmeRights)
    const settings = { username: 'api', password: 'secret', enableOfflineQueue: false, enableReadyCheck: false }
    const client = new Ioredis(server.url, { ...settings, lazyConnect: true })
    client.on('error', () => {})
    await client.connect()
    opened.push({ client, close: () => client.disconnect() })
    return client
  }

  /** Begins the memory of the server a minute ago, as an instance did that has run since then. */
  const age = async (): Promise<void> => {
    const one = await libraries[0]!.open(server.url)
    opened.push(one)
    await replayStore(one.client, { runtime: { now: () => Date.now() - 60_000 } }).ready()
  }

  it.each(libraries)('nothing, where all is well and $name is set up as recommended', async ({ open }) => {
    await age()
    expect(await look(await open(server.url))).toEqual({
      ok: true,
      warnings: [],
      acceptsFromMs: expect.any(Number) as number,
    })
    expect(lines).toEqual([])
  })

  it('that its memory has just begun, since when, and from when on proofs are taken, once', async () => {
    const nowMs = 1_700_000_000_200
    const one = await libraries[0]!.open(server.url)
    opened.push(one)
    const store = replayStore(one.client, { logger, runtime: { now: () => nowMs } })
    // 10 s that a proof may be dated ahead, 5 s between clocks, and a client writes whole seconds.
    const acceptsFromMs = 1_700_000_016_000
    expect(await store.ready()).toEqual({ ok: true, warnings: ['new-memory'], acceptsFromMs })
    await store.ready()
    await store.claim('id', 60_000)
    expect(lines).toEqual([
      [
        'warn',
        'This Redis has only just begun to remember: until acceptsFromMs proofs are refused (503), later still with nonces ' +
          'or a larger futureSkewSeconds. For development there is dangerouslyTrustEmptyServer',
        { warning: 'new-memory', memorySinceMs: nowMs, acceptsFromMs },
      ],
    ])
    const later = replayStore(one.client, { logger, runtime: { now: () => acceptsFromMs } })
    expect(await later.ready()).toEqual({ ok: true, warnings: [], acceptsFromMs })
    expect(lines).toHaveLength(1)
  })

  it('that its memory has just begun, by itself, to whoever does not await it', async () => {
    const one = await libraries[0]!.open(server.url)
    opened.push(one)
    const store = replayStore(one.client, { logger, deadlineMs: 1_000 })
    await store.claim('id', 60_000)
    await until(() => lines.length > 0)
    expect(lines).toEqual([['warn', expect.stringContaining('only just begun') as string, expect.anything()]])
  })

  it('nothing of that, where an empty server is trusted', async () => {
    const one = await libraries[0]!.open(server.url)
    opened.push(one)
    const store = replayStore(one.client, { logger, dangerouslyTrustEmptyServer: true })
    expect(await store.ready()).toMatchObject({ ok: true, warnings: [] })
    expect(lines).toEqual([])
  })

  it('that it may evict entries, once', async () => {
    await age()
    await server.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru')
    const one = await libraries[0]!.open(server.url)
    opened.push(one)
    const store = replayStore(one.client, { logger })
    expect(await store.ready()).toMatchObject({ ok: true, warnings: ['eviction'] })
    await store.ready()
    expect(lines).toEqual([
      [
        'warn',
        'This Redis may evict entries: set maxmemory-policy to noeviction, and keep caches elsewhere',
        { warning: 'eviction' },
      ],
    ])
  })

  it('that the offline queue is on, for the libraries that say so', async () => {
    await age()
    const found = []
    for (const { openPlain } of libraries) found.push((await look(await openPlain(server.url))).warnings)
    const expected = [['offline-queue'], ['offline-queue'], ['offline-queue'], []]
    expect(found).toEqual(expected.slice(0, libraries.length))
  })

  it('that nobody listens to the errors of a client that ends the process with them', async () => {
    await age()
    const client = createClient({ url: server.url, disableOfflineQueue: true })
    await client.connect()
    expect(await look({ client, close: () => client.destroy() })).toMatchObject({
      ok: true,
      warnings: ['error-listener'],
    })
  })

  it.each(['info', 'eval', 'evalsha', 'get', 'time'])(
    'that its user may not use %s, and every claim is refused',
    async (command) => {
      await server.command('ACL', 'SETUSER', 'api', 'on', '>secret', '~countersign:*', '+@all', `-${command}`)
      const client = createClient({ url: server.url.replace('//', '//api:secret@'), disableOfflineQueue: true })
      client.on('error', () => {})
      await client.connect()
      opened.push({ client, close: () => client.destroy() })
      const store = replayStore(client, { logger })
      expect(await store.ready()).toEqual({
        ok: false,
        warnings: ['permission'],
        acceptsFromMs: undefined,
      })
      await expect(store.claim('id', 60_000)).rejects.toMatchObject({ reason: 'ERR_STORE_UNAVAILABLE' })
      expect(lines.filter(([, , detail]) => (detail as { warning?: string }).warning === 'permission')).toHaveLength(1)
    },
  )

  it('nothing, where its user may do what the README says and no more', async () => {
    const store = replayStore(await openAllowed(), { logger })
    await until(async () => (await store.ready()).ok)
    expect((await store.claim('id', 60_000)).fresh).toBe(true)
  })

  it('nothing, where the other stores may do what the README says and no more', async () => {
    const client = await openAllowed()
    const rules = { logger, deadlineMs: 1_000 }
    const cache = cacheStore(client, { ...rules, secrets: ['x'.repeat(32)] })
    await cache.set('name', Buffer.from('value'), 60_000)
    expect(await cache.get('name')).toEqual(Buffer.from('value'))
    await cache.delete('name')
    expect(await cache.get('name')).toBeUndefined()

    const keys = redisKeys(client, rules)
    expect(await keys.compareAndSet(0, { version: 1, bytes: Buffer.from('document') })).toBe(true)
    expect(await keys.compareAndSet(0, { version: 1, bytes: Buffer.from('another') })).toBe(false)
    expect(await keys.read()).toEqual({ version: 1, bytes: Buffer.from('document') })

    const revocations = redisRevocations(client, rules)
    const issuer = 'https://sts.example'
    await revocations.revokeToken({ issuer, tokenId: 'token' })
    await revocations.revokeToken({ issuer, tokenId: 'token', expiresAtSeconds: Date.now() / 1_000 + 60 })
    await revocations.revokeSession({ issuer, sessionId: 'session' })
    await revocations.revokeSubject({ issuer, subject: 'ann' })
    expect(await revocations.isRevoked({ issuer, tokenId: 'token' } as RevocationQuery)).toBe(true)
    expect(lines).toEqual([])
  })

  it('NOPERM, where a script may not run one of its commands', async () => {
    const client = await openAllowed()
    await server.command('ACL', 'SETUSER', 'api', '-pttl', '-set')
    const revocations = redisRevocations(client, { deadlineMs: 1_000 })
    const refused = revocations.revokeSession({ issuer: 'https://sts.example', sessionId: 'session' })
    await expect(refused).rejects.toMatchObject({
      reason: 'ERR_STORE_UNAVAILABLE',
      detail: { failure: 'NOPERM' },
    })
  })

  it('that it does not answer', async () => {
    const one = await libraries[0]!.open(server.url)
    await server.kill()
    expect(await look(one)).toEqual({ ok: false, warnings: [], acceptsFromMs: undefined })
  })

  it('that it goes away, is back, and may have forgotten', async () => {
    const one = await libraries[0]!.open(server.url)
    opened.push(one)
    await age()
    const store = replayStore(one.client, { logger, breaker: { failures: 1, cooldownMs: 20 } })
    await store.ready()
    await server.kill()
    await expect(store.claim('id', 60_000)).rejects.toMatchObject({ reason: 'ERR_STORE_UNAVAILABLE' })
    await server.restart()
    await until(() => store.claim('id', 60_000).then(Boolean, () => false))
    await until(() => lines.length >= 3)
    expect(lines.map(([level, message]) => [level, message])).toEqual([
      ['warn', 'Redis counts as away'],
      ['warn', 'Redis may have forgotten ids: only proofs made since are taken'],
      ['info', 'Redis answers again'],
    ])
  })

  it('again, by itself, where it was not there when the store was made', async () => {
    await age()
    await server.command('CONFIG', 'SET', 'maxmemory-policy', 'volatile-ttl')
    const client = createClient({ url: server.url, disableOfflineQueue: true })
    client.on('error', () => {})
    opened.push({ client, close: () => client.destroy() })
    const store = replayStore(client, { logger, deadlineMs: 1_000, breaker: { failures: 1_000 } })
    expect((await store.ready()).ok).toBe(false)
    await client.connect()
    await until(async () => {
      await store.claim(`id${performance.now().toString().replace('.', '')}`, 60_000)
      return lines.length > 0
    })
    expect(lines[0]?.[2]).toEqual({ warning: 'eviction' })
  })
})
