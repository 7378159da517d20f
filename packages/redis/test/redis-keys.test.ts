import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { UpstreamError } from '@countersign/core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { redisKeys } from '../src/index.js'
import { clean, libraries, noGlide, testPrefix } from './clients.js'
import type { Opened } from './clients.js'
import { startProxy } from './proxy.js'
import { givenUrl, noRedis, noServer, startCluster, startServer, until } from './servers.js'
import type { TestCluster, TestServer } from './servers.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** Nothing here is about time: the machine may be busy with other suites. */
const patient = { deadlineMs: 1_000 }

/** What somebody else's is read as. */
const foreign = { version: 0, bytes: new Uint8Array() }

/** Sends a command over a connection of its own. */
async function command(url: string, ...args: string[]): Promise<void> {
  const { client, close } = await libraries[0]!.open(url)
  await (client as { sendCommand(args: string[]): Promise<unknown> }).sendCommand(args)
  close()
}

/** What an error was, or that there was none. */
async function toReason(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'none',
    (error: UpstreamError) => `${error.status} ${error.reason}`,
  )
}

describe.skipIf(noRedis !== '')(`signing keys on a real server${noRedis}${noGlide}`, () => {
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
    let another: Opened
    beforeAll(async () => {
      opened = await open(url)
      another = await open(url)
    })
    afterAll(() => [opened, another].forEach(({ close }) => close()))

    it('are none at first, then the newest that was written, byte for byte', async () => {
      const rules = { ...patient, prefix: `${testPrefix}${name}:read:` }
      const [one, two] = [redisKeys(opened.client, rules), redisKeys(another.client, rules)]
      expect(await one.read()).toBeUndefined()
      for (const version of [1, 2, 3]) {
        const bytes = randomBytes(5_000 + version)
        expect(await one.compareAndSet(version - 1, { version, bytes })).toBe(true)
        expect(await two.read()).toEqual({ version, bytes })
      }
    })

    it('take a version once, and none that does not follow', async () => {
      const store = redisKeys(opened.client, { ...patient, prefix: `${testPrefix}${name}:order:` })
      const [one, two] = [randomBytes(100), randomBytes(100)]
      expect(await store.compareAndSet(1, { version: 2, bytes: two })).toBe(false)
      expect(await store.compareAndSet(0, { version: 1, bytes: one })).toBe(true)
      expect(await store.compareAndSet(0, { version: 1, bytes: two })).toBe(false)
      expect(await store.compareAndSet(2, { version: 3, bytes: two })).toBe(false)
      expect(await store.read()).toEqual({ version: 1, bytes: one })
      expect(await store.compareAndSet(1, { version: 2, bytes: two })).toBe(true)
    })

    it('of eight writes of one version at once, over two connections, take exactly one', async () => {
      const rules = { ...patient, prefix: `${testPrefix}${name}:race:` }
      const stores = [opened, another].map(({ client }) => redisKeys(client, rules))
      for (let version = 1; version <= 25; version++) {
        const documents = Array.from({ length: 8 }, () => ({ version, bytes: randomBytes(64) }))
        const won = await Promise.all(
          documents.map((next, index) => stores[index % 2]?.compareAndSet(version - 1, next)),
        )
        expect(won.filter(Boolean)).toHaveLength(1)
        expect(await stores[0]?.read()).toEqual(documents[won.indexOf(true)])
      }
    })

    it('of two names are two', async () => {
      const rules = { ...patient, prefix: `${testPrefix}${name}:names:` }
      const [orders, billing] = ['orders', 'billing'].map((own) => redisKeys(opened.client, { ...rules, name: own }))
      await orders?.compareAndSet(0, { version: 1, bytes: randomBytes(8) })
      expect(await billing?.read()).toBeUndefined()
    })
  })

  it('of two processes that write 300 versions let each version be of exactly one', async () => {
    // The processes run what is built.
    await promisify(execFile)(path.join(root, 'node_modules/.bin/tsc'), ['-b', path.join(root, 'packages/redis')])
    const script = fileURLToPath(new URL('key-writer.mjs', import.meta.url))
    const children = [0, 1].map(() => {
      const env = { ...process.env, NODE_OPTIONS: '' }
      const args = [script, url, `${testPrefix}processes:`, '300']
      return spawn(process.execPath, args, { env, stdio: ['pipe', 'pipe', 'inherit'] })
    })
    const outputs = children.map((child) => {
      let text = ''
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      return { ready: once(child.stdout, 'data'), ended: once(child, 'close').then(() => text) }
    })
    await Promise.all(outputs.map(({ ready }) => ready))
    for (const { stdin } of children) stdin.end()
    const texts = await Promise.all(outputs.map(({ ended }) => ended))
    const won = texts.flatMap((text) => JSON.parse(text.split('\n').at(-2) ?? '') as number[])
    expect(won.toSorted((left, right) => left - right)).toEqual(Array.from({ length: 300 }, (_, index) => index + 1))
  }, 120_000)

  it('are none that could be opened where somebody else put something in their place, and are not written over it', async () => {
    const opened = await libraries[0]!.open(url)
    const prefix = `${testPrefix}foreign:`
    const key = `${prefix}keys:signing-keys`
    const store = redisKeys(opened.client, { ...patient, prefix })
    const own = { version: 1, bytes: randomBytes(8) }
    for (const text of [
      'x',
      '1',
      '1 !',
      '-1 AAAA',
      '1e3 AAAA',
      `${'9'.repeat(17)} AAAA`,
      `1 ${'A'.repeat(1_500_000)}`,
    ]) {
      await command(url, 'SET', key, text)
      expect(await store.read()).toEqual(foreign)
    }
    await command(url, 'SET', key, 'x')
    expect(await store.compareAndSet(0, own)).toBe(false)
    await expect(store.compareAndSet(0, { version: 1, bytes: Buffer.alloc(1_048_577) })).rejects.toThrow(RangeError)
    await command(url, 'DEL', key)
    expect(await store.compareAndSet(0, own)).toBe(true)
    opened.close()
  })

  it.each(libraries)('are none that could be opened where there is a list, through $name', async ({ name, open }) => {
    const opened = await open(url)
    const prefix = `${testPrefix}list:${name}:`
    const store = redisKeys(opened.client, { ...patient, prefix })
    await command(url, 'LPUSH', `${prefix}keys:signing-keys`, 'x')
    expect(await store.read()).toEqual(foreign)
    expect(await toReason(store.compareAndSet(0, { version: 1, bytes: randomBytes(8) }))).toBe(
      '503 ERR_STORE_UNAVAILABLE',
    )
    opened.close()
  })

  it('are written where there is an empty text: it is none', async () => {
    const opened = await libraries[0]!.open(url)
    const prefix = `${testPrefix}empty:`
    const store = redisKeys(opened.client, { ...patient, prefix })
    await command(url, 'SET', `${prefix}keys:signing-keys`, '')
    expect(await store.read()).toBeUndefined()
    const own = { version: 1, bytes: randomBytes(8) }
    expect(await store.compareAndSet(0, own)).toBe(true)
    expect(await store.read()).toEqual(own)
    opened.close()
  })
})

describe.skipIf(noServer !== '')(`signing keys on a server that is away${noServer}${noGlide}`, () => {
  let server: TestServer
  beforeEach(async () => {
    server = await startServer()
  })
  afterEach(() => server.stop())

  it.each(libraries)('are refused within the deadline, and come back, through $name', async ({ openPlain }) => {
    const opened = await openPlain(server.url)
    const store = redisKeys(opened.client, { deadlineMs: 100, breaker: { cooldownMs: 50 } })
    const bytes = randomBytes(500)
    await until(async () => (await toReason(store.read())) === 'none')
    expect(await store.compareAndSet(0, { version: 1, bytes })).toBe(true)
    for (const hurt of ['SIGSTOP', 'kill'] as const) {
      if (hurt === 'kill') await server.kill()
      else server.signal(hurt)
      const startedMs = performance.now()
      const next = { version: 2, bytes: randomBytes(500) }
      const refused = [store.read(), store.compareAndSet(1, next), store.read()]
      expect(await Promise.all(refused.map(toReason))).toEqual(Array(3).fill('503 ERR_STORE_UNAVAILABLE'))
      expect(performance.now() - startedMs).toBeLessThan(500)
      if (hurt === 'kill') await server.restart()
      else server.signal('SIGCONT')
      await until(async () => (await toReason(store.read())) === 'none')
    }
    // It came back empty: that is for whoever has seen a newer version to notice.
    expect(await store.read()).toBeUndefined()
    opened.close()
  })

  it('that were written though the answer was lost are a success where a client asks again by itself', async () => {
    const proxy = await startProxy(server.port)
    const opened = await libraries.find(({ name }) => name === 'ioredis')!.openPlain(proxy.url)
    const store = redisKeys(opened.client, { deadlineMs: 1_000 })
    const bytes = randomBytes(500)
    await store.compareAndSet(0, { version: 1, bytes: randomBytes(500) })
    proxy.loseNextAnswer('EVALSHA')
    // Its quick start sends what was under way once more.
    expect(await store.compareAndSet(1, { version: 2, bytes })).toBe(true)
    expect(await store.read()).toEqual({ version: 2, bytes })
    opened.close()
    await proxy.close()
  })
})

describe.skipIf(noServer !== '')(`signing keys in a cluster${noServer}${noGlide}`, () => {
  let cluster: TestCluster
  beforeAll(async () => {
    cluster = await startCluster()
  }, 60_000)
  afterAll(() => cluster.stop())

  it.each(libraries)('live on the master that holds their slot, through $name', async ({ name, openCluster }) => {
    const opened = await openCluster(cluster.masters.map(({ port }) => port))
    for (const own of ['orders', 'billing', 'search']) {
      const store = redisKeys(opened.client, { ...patient, prefix: `${name}:`, name: own })
      const bytes = randomBytes(300)
      expect(await store.read()).toBeUndefined()
      expect(await store.compareAndSet(0, { version: 1, bytes })).toBe(true)
      expect(await store.read()).toEqual({ version: 1, bytes })
    }
    opened.close()
  })
})

describe('options of signing keys', () => {
  it.each([
    ['name', { name: '{one}' }],
    ['name', { name: '' }],
    ['prefix', { prefix: 'a b' }],
    ['deadlineMs', { deadlineMs: 1_001 }],
    ['table', { table: 'keys' }],
  ])('are refused by name: %s', (option, options) => {
    const client = { customCommand: async () => null }
    expect(() => redisKeys(client, options as never)).toThrow(`Option "${option}"`)
  })
})
