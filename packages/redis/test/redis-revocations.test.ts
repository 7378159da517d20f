import { setTimeout as sleep } from 'node:timers/promises'
import { memoryRevocationStore } from '@countersign/core'
import type { RevocationQuery, UpstreamError } from '@countersign/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { redisRevocations } from '../src/index.js'
import type { RedisRevocationsOptions } from '../src/index.js'
import { clean, libraries, noGlide, testPrefix } from './clients.js'
import type { Opened } from './clients.js'
import { givenUrl, noRedis, noServer, startServer, until } from './servers.js'
import type { TestServer } from './servers.js'

const issuer = 'https://sts.example'
const NOW_MS = Date.UTC(2026, 10, 24)
const NOW_SECONDS = NOW_MS / 1_000

/** Nothing here is about time: the machine may be busy with other suites. */
const patient = { deadlineMs: 1_000, runtime: { now: () => NOW_MS } }

function toToken(claims: Partial<RevocationQuery> = {}): RevocationQuery {
  const nothing = { tokenId: undefined, sessionId: undefined, subject: undefined, issuedAtSeconds: undefined }
  return { issuer, ...nothing, ...claims }
}

describe.skipIf(noRedis !== '')(`revocations on a real server${noRedis}${noGlide}`, () => {
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

    it('say of every token what the store of one process says', async () => {
      const options = { ...patient, prefix: `${testPrefix}${name}:same:` }
      const shared = redisRevocations(opened.client, options)
      const other = redisRevocations(another.client, options)
      const memory = memoryRevocationStore({ now: () => NOW_MS })
      for (const store of [shared, memory]) {
        await store.revokeToken({ issuer, tokenId: 'one' })
        await store.revokeSession({ issuer, sessionId: 'evening' })
        await store.revokeSubject({ issuer, subject: 'ann' })
        await store.revokeSubject({ issuer, subject: 'bob', issuedBeforeSeconds: NOW_SECONDS - 10.25 })
        await store.revokeSubject({ issuer, subject: 'bob', issuedBeforeSeconds: NOW_SECONDS - 20 })
        await store.revokeSubject({ issuer, subject: 'eve', issuedBeforeSeconds: Infinity })
      }
      const ids = [undefined, 'one', 'two']
      const sessions = [undefined, 'evening', 'one']
      const subjects = [undefined, 'ann', 'bob', 'eve', 'one']
      const dates = [undefined, NOW_SECONDS - 10.5, NOW_SECONDS - 10.25, NOW_SECONDS - 1, NOW_SECONDS, NOW_SECONDS + 1]
      const verdicts = { revoked: 0, good: 0 }
      for (const tokenId of ids)
        for (const sessionId of sessions)
          for (const subject of subjects)
            for (const issuedAtSeconds of dates)
              for (const from of [issuer, 'https://other.example']) {
                const token = { issuer: from, tokenId, sessionId, subject, issuedAtSeconds }
                const verdict = memory.isRevoked(token)
                verdicts[verdict ? 'revoked' : 'good'] += 1
                expect([token, await other.isRevoked(token)]).toEqual([token, verdict])
              }
      expect(verdicts.revoked).toBeGreaterThan(100)
      expect(verdicts.good).toBeGreaterThan(100)
    })

    it('are forgotten when no token that they concern can live, and no sooner', async () => {
      const store = redisRevocations(opened.client, { ...patient, prefix: `${testPrefix}${name}:end:` })
      await store.revokeToken({ issuer, tokenId: 'one', expiresAtSeconds: NOW_SECONDS - 119 })
      await sleep(300)
      expect(await store.isRevoked(toToken({ tokenId: 'one' }))).toBe(true)
      await until(async () => !(await store.isRevoked(toToken({ tokenId: 'one' }))))
    })
  })

  it('of tokens end with them, when clocks may be apart no more, and are never cut short', async () => {
    const opened = await libraries[0]!.open(url)
    const prefix = `${testPrefix}life:`
    const store = redisRevocations(opened.client, { ...patient, prefix, maxTokenLifetimeSeconds: 3_600 })
    const client = opened.client as { sendCommand(args: string[]): Promise<unknown> }
    const life = async (tokenId: string, ...ends: readonly (number | undefined)[]): Promise<number> => {
      for (const expiresAtSeconds of ends) await store.revokeToken({ issuer, tokenId, expiresAtSeconds })
      expect(await store.isRevoked(toToken({ tokenId }))).toBe(true)
      const keys = (await client.sendCommand(['KEYS', `${prefix}*`])) as string[]
      const lives = await Promise.all(keys.map(async (key) => (await client.sendCommand(['PTTL', key])) as number))
      await client.sendCommand(['DEL', ...keys])
      return Math.ceil((lives[0] ?? 0) / 1_000)
    }
    expect(await life('one', NOW_SECONDS + 10)).toBe(130)
    expect(await life('two', undefined)).toBe(3_720)
    expect(await life('three', NOW_SECONDS + 86_400)).toBe(3_720)
    expect(await life('four', Infinity)).toBe(3_720)
    expect(await life('five', NOW_SECONDS + 500, NOW_SECONDS + 10)).toBe(620)
    expect(await life('six', NOW_SECONDS + 10, undefined, NOW_SECONDS - 1e9)).toBe(3_720)
    expect(await life('seven', NOW_SECONDS + 3_600)).toBe(3_720)
    opened.close()
  })

  it('of sessions and subjects live as long as the longest token, and clocks may be apart', async () => {
    const opened = await libraries[0]!.open(url)
    const prefix = `${testPrefix}longest:`
    const store = redisRevocations(opened.client, { ...patient, prefix, maxTokenLifetimeSeconds: 60 })
    const client = opened.client as { sendCommand(args: string[]): Promise<unknown> }
    await store.revokeSession({ issuer, sessionId: 'evening' })
    await store.revokeSubject({ issuer, subject: 'ann' })
    const keys = (await client.sendCommand(['KEYS', `${prefix}*`])) as string[]
    const lives = await Promise.all(keys.map(async (key) => (await client.sendCommand(['PTTL', key])) as number))
    expect(lives.map((life) => Math.ceil(life / 10_000))).toEqual([18, 18])
    await client.sendCommand(['DEL', ...keys])
    opened.close()
  })

  it('without an end are not given one', async () => {
    const opened = await libraries[0]!.open(url)
    const prefix = `${testPrefix}endless:`
    const store = redisRevocations(opened.client, { ...patient, prefix })
    const client = opened.client as { sendCommand(args: string[]): Promise<unknown> }
    await store.revokeToken({ issuer, tokenId: 'one' })
    const [key = ''] = (await client.sendCommand(['KEYS', `${prefix}*`])) as string[]
    await client.sendCommand(['PERSIST', key])
    await store.revokeToken({ issuer, tokenId: 'one', expiresAtSeconds: NOW_SECONDS + 10 })
    expect(await client.sendCommand(['PTTL', key])).toBe(-1)
    await client.sendCommand(['DEL', key])
    opened.close()
  })

  it('whose record holds something else revoke: nobody writes it but to say so', async () => {
    const opened = await libraries[0]!.open(url)
    const prefix = `${testPrefix}odd:`
    const store = redisRevocations(opened.client, { ...patient, prefix })
    await store.revokeSubject({ issuer, subject: 'ann', issuedBeforeSeconds: 1 })
    expect(await store.isRevoked(toToken({ subject: 'ann', issuedAtSeconds: 2 }))).toBe(false)
    const client = opened.client as { sendCommand(args: string[]): Promise<unknown> }
    const [key = ''] = (await client.sendCommand(['KEYS', `${prefix}*`])) as string[]
    expect(key).toMatch(/^countersign-test-\d+:odd:revoked:[\w-]{22}$/)
    await client.sendCommand(['SET', key, 'yes'])
    expect(await store.isRevoked(toToken({ subject: 'ann', issuedAtSeconds: 2 }))).toBe(true)
    opened.close()
  })

  it('without a name, or with a date that is none, are mistakes and not silence', async () => {
    const opened = await libraries[0]!.open(url)
    const store = redisRevocations(opened.client, { ...patient, prefix: `${testPrefix}wrong:` })
    await expect(store.revokeToken({ issuer, tokenId: undefined as never })).rejects.toThrow(TypeError)
    await expect(store.revokeSession({ issuer: 1 as never, sessionId: 'x' })).rejects.toThrow(TypeError)
    await expect(store.revokeSubject({ issuer, subject: 'x', issuedBeforeSeconds: Number.NaN })).rejects.toThrow(
      RangeError,
    )
    await expect(store.revokeToken({ issuer, tokenId: 'x', expiresAtSeconds: Number.NaN })).rejects.toThrow(RangeError)
    opened.close()
  })
})

describe.skipIf(noServer !== '')(`revocations on a server that is away${noServer}${noGlide}`, () => {
  it.each(libraries)(
    'refuse within the deadline, and are there again after it, through $name',
    async ({ openPlain }) => {
      const server = await startServer('--appendonly', 'yes', '--appendfsync', 'always')
      const opened = await openPlain(server.url)
      const options: RedisRevocationsOptions = { deadlineMs: 100, breaker: { cooldownMs: 50 } }
      const store = redisRevocations(opened.client, options)
      const ask = async (tokenId: string): Promise<unknown> =>
        store.isRevoked(toToken({ tokenId })).catch((error: UpstreamError) => `${error.status} ${error.reason}`)
      await until(async () => (await ask('two')) === false)
      await store.revokeToken({ issuer, tokenId: 'one' })
      for (const hurt of ['SIGSTOP', 'kill'] as const) {
        if (hurt === 'kill') await server.kill()
        else server.signal(hurt)
        const startedMs = performance.now()
        expect(await Promise.all([ask('one'), ask('two')])).toEqual(Array(2).fill('503 ERR_STORE_UNAVAILABLE'))
        await expect(store.revokeToken({ issuer, tokenId: 'two' })).rejects.toMatchObject({ status: 503 })
        expect(performance.now() - startedMs).toBeLessThan(1_000)
        if (hurt === 'kill') await server.restart()
        else server.signal('SIGCONT')
        await until(async () => (await ask('one')) === true)
      }
      opened.close()
      await server.stop()
    },
  )
})
