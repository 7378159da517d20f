import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { silentLogger } from '@countersign/core/adapter'
import type { CacheStore } from '@countersign/core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { cacheStore } from '../src/index.js'
import type { CacheStoreOptions } from '../src/index.js'
import { clean, libraries, noGlide, testPrefix } from './clients.js'
import type { Opened } from './clients.js'
import { givenUrl, noRedis, noServer, startServer, until } from './servers.js'
import type { TestServer } from './servers.js'

const secrets = ['a secret that thirty-two bytes hold']
const patient = { secrets, deadlineMs: 1_000 }

describe.skipIf(noRedis !== '')(`a cache store on a real server${noRedis}${noGlide}`, () => {
  let server: TestServer | undefined
  let url = givenUrl ?? ''
  beforeAll(async () => {
    if (givenUrl !== undefined) return
    server = await startServer()
    url = server.url
  })
  afterAll(async () => {
    if (givenUrl !== undefined) await clean(givenUrl)
    await server?.stop()
  })

  describe.each(libraries)('through $name', ({ name, open }) => {
    let opened: Opened
    let store: CacheStore
    beforeAll(async () => {
      opened = await open(url)
      store = cacheStore(opened.client, { ...patient, prefix: `${testPrefix}${name}:` })
    })
    afterAll(() => opened.close())

    it('keeps any bytes under any name, and forgets them when told', async () => {
      const value = randomBytes(1_000)
      await store.set('näme\n{1}', value, 60_000)
      expect(await store.get('näme\n{1}')).toEqual(value)
      expect(await store.get('another')).toBeUndefined()
      await store.delete('näme\n{1}')
      expect(await store.get('näme\n{1}')).toBeUndefined()
      await store.set('empty', Buffer.alloc(0), 60_000)
      expect(await store.get('empty')).toEqual(Buffer.alloc(0))
    })

    it('forgets them in time', async () => {
      await store.set('short', Buffer.from('x'), 100)
      await sleep(200)
      expect(await store.get('short')).toBeUndefined()
    })

    it('keeps the longest value there may be, and no longer one', async () => {
      await store.set('longest', Buffer.alloc(65_536, 7), 60_000)
      expect(await store.get('longest')).toEqual(Buffer.alloc(65_536, 7))
      await store.set('too long', Buffer.alloc(65_537), 60_000)
      expect(await store.get('too long')).toBeUndefined()
    })
  })
})

describe.skipIf(noServer !== '')(`who writes the server${noServer}`, () => {
  let server: TestServer
  let opened: Opened
  let lines: string[]
  const open = (options?: Partial<CacheStoreOptions>): CacheStore => {
    const logger = { ...silentLogger, warn: (message: string) => void lines.push(message) }
    return cacheStore(opened.client, { ...patient, logger, ...options })
  }
  beforeEach(async () => {
    lines = []
    server = await startServer()
    opened = await libraries[0]!.open(server.url)
  })
  afterEach(async () => {
    opened.close()
    await server.stop()
  })
  const findKey = async (): Promise<string> => server.command('KEYS', 'countersign:cache:*')

  it('reads neither names nor values', async () => {
    await open().set('https://login.acme.example', Buffer.from('a very secret answer'), 60_000)
    const key = await findKey()
    expect(key).toMatch(/^countersign:cache:[\w-]{22}$/)
    expect(await server.command('GET', key)).toMatch(/^[\w-]+$/)
    expect(Number(await server.command('PTTL', key))).toBeGreaterThan(50_000)
  })

  it('cannot move a value to another name, nor to another prefix', async () => {
    const store = open()
    await store.set('one', Buffer.from('1'), 60_000)
    const one = await findKey()
    await store.set('two', Buffer.from('2'), 60_000)
    const two = (await findKey()).split('\n').find((key) => key !== one) ?? ''
    await server.command('COPY', one, two, 'REPLACE')
    expect(await store.get('two')).toBeUndefined()
    const other = open({ prefix: 'other:' })
    await other.set('one', Buffer.from('3'), 60_000)
    await server.command('COPY', one, await server.command('KEYS', 'other:*'), 'REPLACE')
    expect(await other.get('one')).toBeUndefined()
    expect(lines).toEqual([
      'A cache entry does not open: another secret, or somebody else writes this Redis',
      'A cache entry does not open: another secret, or somebody else writes this Redis',
    ])
  })

  it('cannot make a value live longer', async () => {
    await open().set('name', Buffer.from('x'), 60_000)
    await server.command('PERSIST', await findKey())
    expect(await open().get('name')).toEqual(Buffer.from('x'))
    const later = open({ runtime: { now: () => Date.now() + 60_001 } })
    expect(await later.get('name')).toBeUndefined()
    expect(lines).toEqual([])
  })

  it('cannot fill the memory of who reads, and is spoken of once', async () => {
    const store = open({ maxValueBytes: 100 })
    await store.set('name', Buffer.from('x'), 60_000)
    const key = await findKey()
    await server.command('SETRANGE', key, '50000000', 'x')
    expect(await store.get('name')).toBeUndefined()
    await server.command('SET', key, 'no seal')
    expect(await store.get('name')).toBeUndefined()
    expect(lines).toHaveLength(1)
  })

  it('cannot hold anybody up', async () => {
    const store = open({ deadlineMs: 50 })
    server.signal('SIGSTOP')
    const startedMs = performance.now()
    const calls = [store.get('name'), store.set('name', Buffer.from('x'), 1_000), store.delete('name')]
    const settled = await Promise.allSettled(calls)
    expect(performance.now() - startedMs).toBeLessThan(250)
    expect(settled.map((one) => one.status === 'rejected' && (one.reason as { reason: string }).reason)).toEqual([
      'ERR_STORE_UNAVAILABLE',
      'ERR_STORE_UNAVAILABLE',
      'ERR_STORE_UNAVAILABLE',
    ])
    server.signal('SIGCONT')
    await until(() =>
      store.get('name').then(
        () => true,
        () => false,
      ),
    )
  })

  it.each([0, -5, Number.NaN, Infinity])('is asked for no time to live of %s ms', async (ttlMs) => {
    await expect(open().set('name', Buffer.from('x'), ttlMs)).rejects.toThrow(RangeError)
  })
})
