import { randomBytes } from 'node:crypto'
import type { AuditEntry, VersionedBytes } from '@countersign/core'
import { createSigningKeys, localKeyWrapper, memoryKeys } from '@countersign/sts'
import type { SigningKeys, SigningKeysOptions } from '@countersign/sts'
import { createTestClock } from '@countersign/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { stores } from './stores.js'
import type { RealStore } from './stores.js'

const DAY_MS = 86_400_000
const wrapper = localKeyWrapper([randomBytes(32)])

/** A ring of somebody else: of this very software, with a wrapping key of their own. */
async function forge(version: number): Promise<VersionedBytes> {
  const store = memoryKeys()
  const keys = createSigningKeys({ store, wrapper: localKeyWrapper([randomBytes(32)]) })
  await keys.ready()
  await keys.close()
  const bytes = (await store.read())?.bytes ?? new Uint8Array()
  return { version, bytes }
}

describe.each(stores.map(({ missing, ...store }) => ({ ...store, label: `${store.name}${missing}`, missing })))(
  'signing keys in $label',
  ({ missing, open }) => {
    let real: RealStore
    beforeAll(async () => {
      if (missing === '') real = await open()
    })
    afterAll(() => real?.close())

    const opened: SigningKeys[] = []
    afterAll(() => Promise.all(opened.map((keys) => keys.close())))
    beforeEach(async () => {
      if (missing === '') await real.write(undefined)
    })
    const clock = createTestClock(Date.UTC(2026, 10, 24))
    const start = (options: Partial<SigningKeysOptions> = {}): SigningKeys => {
      const keys = createSigningKeys({ store: real.store, wrapper, runtime: clock, refreshMs: 60_000, ...options })
      opened.push(keys)
      return keys
    }
    const listKids = async (keys: SigningKeys): Promise<unknown[]> => (await keys.jwks()).keys.map(({ kid }) => kid)

    it.skipIf(missing !== '')(
      'Whoever can write to Redis or PostgreSQL but has no wrapping key cannot make the service publish a key or accept an old one',
      async () => {
        const keys = start()
        await keys.ready()
        const first = await real.read()
        clock.advance(30 * DAY_MS)
        await keys.ready()
        const newest = await real.read()
        expect([first.version, newest.version]).toEqual([1, 2])
        const [signer, kids] = [(await keys.findSigner('ES256')).kid, await listKids(keys)]
        const flipped = Uint8Array.from(newest.bytes, (byte, at) => (at === newest.bytes.length - 20 ? byte ^ 1 : byte))
        const attempts: VersionedBytes[] = [
          await forge(3),
          await forge(2),
          { version: 3, bytes: first.bytes },
          { version: 2, bytes: first.bytes },
          { version: 3, bytes: newest.bytes },
          { version: 2, bytes: flipped },
          { version: 9_007_199_254_740_991, bytes: randomBytes(500) },
          { version: 3, bytes: Buffer.from('{"keys":[]}') },
        ]
        for (const attempt of attempts) {
          await real.write(attempt)
          await expect(keys.ready()).rejects.toMatchObject({ status: 503, detail: { refusal: 'unopened' } })
          expect([(await keys.findSigner('ES256')).kid, await listKids(keys)]).toEqual([signer, kids])
          await expect(start().ready()).rejects.toMatchObject({ status: 503, detail: { refusal: 'unopened' } })
        }
        // As it once was, or gone: what this process has seen is put back, and no old key comes to life.
        for (const attempt of [first, undefined]) {
          await real.write(attempt)
          await keys.ready()
          expect([(await keys.findSigner('ES256')).kid, await listKids(keys)]).toEqual([signer, kids])
          expect(await real.read()).toEqual(newest)
          expect((await start().findSigner('ES256')).kid).toBe(signer)
        }
      },
    )

    it.skipIf(missing !== '')(
      'are refused, and said to be, where something lies that is no document at all, and written again once it is taken away',
      async () => {
        const entries: AuditEntry[] = []
        const record = async (entry: AuditEntry): Promise<void> => void entries.push(entry)
        const keys = start({ audit: { record, fingerprint: () => '' } })
        await keys.ready()
        const [{ kid }, newest] = [await keys.findSigner('ES256'), await real.read()]
        for (const put of real.rubbish) {
          await real.write(undefined)
          await put()
          entries.length = 0
          await expect(keys.ready()).rejects.toMatchObject({ status: 503, detail: { refusal: 'unopened' } })
          expect(entries).toEqual([{ type: 'jwks.failed', outcome: 'error', reason: 'ERR_KEYS_MALFORMED' }])
          expect(keys.health().ok).toBe(false)
          expect((await keys.findSigner('ES256')).kid).toBe(kid)
          await expect(start().ready()).rejects.toMatchObject({ status: 503, detail: { refusal: 'unopened' } })
          await real.write(undefined)
          await keys.ready()
          expect([keys.health().ok, await real.read()]).toEqual([true, newest])
        }
      },
    )

    it.skipIf(missing !== '')(
      'rotate by whichever of four replicas is first, and all come to one key set',
      async () => {
        const replicas = Array.from({ length: 4 }, () => start())
        await Promise.all(replicas.map((keys) => keys.ready()))
        for (let rotation = 1; rotation <= 3; rotation++) {
          clock.advance(30 * DAY_MS)
          await Promise.all(replicas.map((keys) => keys.ready()))
          // Whoever lost has read what the winner wrote, or does with its next look.
          await Promise.all(replicas.map((keys) => keys.ready()))
          expect(new Set(await Promise.all(replicas.map(async (keys) => JSON.stringify(await keys.jwks())))).size).toBe(
            1,
          )
        }
        // A retired key is removed by a change of its own, or by the next rotation's.
        expect((await real.read()).version).toBe(4)
      },
    )

    it.skipIf(missing !== '')(
      'that is away answer 503 once a revocation could have been missed, and recover without a restart',
      async () => {
        const keys = start()
        const { kid } = await keys.findSigner('ES256')
        const before = (await real.read()).version
        await real.takeAway()
        await expect(keys.ready()).rejects.toMatchObject({ status: 503, reason: 'ERR_STORE_UNAVAILABLE' })
        expect((await keys.findSigner('ES256')).kid).toBe(kid)
        await expect(keys.revoke(kid)).rejects.toMatchObject({ status: 503 })
        expect(await keys.findKey(kid)).toBeUndefined()
        clock.advance(300_000)
        for (const work of [keys.findSigner('ES256'), keys.findKey(kid), keys.jwks()])
          await expect(work).rejects.toMatchObject({ status: 503, reason: 'ERR_STORE_UNAVAILABLE' })
        await real.bringBack()
        // The revocation that nobody could hear of is made up for.
        await expect
          .poll(
            async () => {
              clock.advance(1_000)
              const signer = await keys.findSigner('ES256').catch(() => undefined)
              return signer !== undefined && (await real.read()).version > before
            },
            { timeout: 10_000 },
          )
          .toBe(true)
        expect((await keys.findSigner('ES256')).kid).not.toBe(kid)
        expect(await keys.findKey(kid)).toBeUndefined()
      },
    )
  },
)
