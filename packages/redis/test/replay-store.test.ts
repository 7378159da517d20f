import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { replayStore } from '../src/index.js'
import { clean, libraries, noGlide, testPrefix } from './clients.js'
import type { Opened } from './clients.js'
import { judge, makeProof, tally } from './proof.js'
import { startProxy } from './proxy.js'
import { givenUrl, noRedis, noServer, startServer } from './servers.js'
import type { TestServer } from './servers.js'

/** Nothing here is about time: the machine may be busy with other suites. */
const patient = { deadlineMs: 1_000 }

describe.skipIf(noRedis !== '')(`a replay store on a real server${noRedis}${noGlide}`, () => {
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
    const prefix = `${testPrefix}${name}:`
    beforeAll(async () => {
      opened = await open(url)
      another = await open(url)
      await replayStore(opened.client, { ...patient, prefix }).ready()
    })
    afterAll(() => [opened, another].forEach(({ close }) => close()))

    it('calls an id fresh once, and says since when it remembers', async () => {
      const store = replayStore(opened.client, { ...patient, prefix })
      const before = Date.now()
      const { id } = makeProof()
      const first = await store.claim(id, 60_000)
      expect(first).toEqual({ fresh: true, memorySinceMs: expect.any(Number) as number })
      expect(first.memorySinceMs).toBeLessThanOrEqual(before)
      expect(await store.claim(id, 60_000)).toEqual({ fresh: false })
    })

    it('lets one of a thousand claims of an id at once pass, whichever instance it went to', async () => {
      const stores = [opened, another].map(({ client }) => replayStore(client, { ...patient, prefix }))
      const proof = makeProof()
      const claims = Array.from({ length: 500 }, () => stores.map((store) => judge(store, proof))).flat()
      expect(tally(await Promise.all(claims))).toEqual({ taken: 1, replayed: 999 })
    })

    it('forgets an id when its time is over, and no sooner', async () => {
      const store = replayStore(opened.client, { ...patient, prefix })
      const { id } = makeProof()
      await store.claim(id, 300.4)
      await sleep(100)
      expect((await store.claim(id, 60_000)).fresh).toBe(false)
      await sleep(400)
      expect((await store.claim(id, 60_000)).fresh).toBe(true)
    })

    it('keeps prefixes apart', async () => {
      const { id } = makeProof()
      await replayStore(opened.client, { ...patient, prefix }).claim(id, 60_000)
      const other = replayStore(opened.client, { ...patient, prefix: `${prefix}other:` })
      expect((await other.claim(id, 60_000)).fresh).toBe(true)
    })
  })

  it.each([
    ['empty', ''],
    ['with a character that could end a hash tag', 'a}b'],
    ['longer than 64 characters', 'a'.repeat(65)],
    ['no string', 12],
  ])('refuses an id that is %s', async (_, id) => {
    const opened = await libraries[0]!.open(url)
    await expect(
      replayStore(opened.client, { ...patient, prefix: testPrefix }).claim(id as string, 60_000),
    ).rejects.toThrow(TypeError)
    opened.close()
  })

  it.each([0, -1, Number.NaN, Infinity])('refuses a time to live of %s ms', async (ttlMs) => {
    const opened = await libraries[0]!.open(url)
    await expect(replayStore(opened.client, { ...patient, prefix: testPrefix }).claim('id', ttlMs)).rejects.toThrow(
      RangeError,
    )
    opened.close()
  })
})

describe.skipIf(noServer !== '')(`an answer that is lost on its way${noServer}`, () => {
  it.each(libraries)('is no replay when $name or the store asks again', async ({ open }) => {
    const server = await startServer()
    const proxy = await startProxy(server.port)
    const opened = await open(proxy.url)
    const store = replayStore(opened.client, patient)
    await store.ready()
    // Until the server knows the script, the first answer is that it does not.
    expect(await judge(store, makeProof())).toBe('taken')
    const proof = makeProof()
    proxy.loseNextAnswer(proof.id.slice(1))
    expect(await judge(store, proof)).toBe('taken')
    expect(await server.command('EXISTS', `countersign:{${proof.id[0]}}${proof.id.slice(1)}`)).toBe('1')
    expect(await judge(store, proof)).toBe('replayed')
    opened.close()
    await proxy.close()
    await server.stop()
  })
})
