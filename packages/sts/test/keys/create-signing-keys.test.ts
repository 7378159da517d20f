import { createTestClock } from '@countersign/testing'
import type { TestClock } from '@countersign/testing'
import { createLocalJWKSet, jwtVerify, SignJWT } from 'jose'
import type { JSONWebKeySet } from 'jose'
import { afterEach, describe, expect, it } from 'vitest'
import { createSigningKeys, memoryKeys } from '../../src/index.js'
import type { SigningKeys, SigningKeysOptions } from '../../src/index.js'
import { createTestStore, DAY_MS, MINUTE_MS, START_MS, createTestLogger } from './parts.js'
import type { TestStore } from './parts.js'
import { wrapper } from './replica.js'

const opened: SigningKeys[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map((keys) => keys.close()))
})

/** Keys that look at the store when they are told to, a minute apart. */
function create(options: Partial<SigningKeysOptions> = {}): SigningKeys & { store: TestStore; clock: TestClock } {
  const [store, clock] = [createTestStore(), createTestClock(START_MS)]
  const keys = createSigningKeys({ store, wrapper, runtime: clock, refreshMs: 60_000, ...options })
  opened.push(keys)
  return Object.assign(keys, { store, clock })
}

const away = (): Promise<never> => Promise.reject(new Error('connect ECONNREFUSED'))
const back = async (): Promise<void> => {}

describe('signing keys', () => {
  it.each(['ES256', 'ES384', 'Ed25519', 'RS256', 'PS256'] as const)(
    'of %s sign what jose verifies with the published set',
    async (algorithm) => {
      const keys = create({ algorithms: [algorithm] })
      const { kid, privateKey } = await keys.findSigner(algorithm)
      const token = await new SignJWT({ sub: 'somebody' }).setProtectedHeader({ alg: algorithm, kid }).sign(privateKey)
      const set = createLocalJWKSet((await keys.jwks()) as JSONWebKeySet)
      expect((await jwtVerify(token, set)).payload).toEqual({ sub: 'somebody' })
      expect(await keys.findKey(kid)).toMatchObject({ kid, algorithm })
    },
  )

  it('publish public members alone, with use, alg and kid, in an order that is the same everywhere', async () => {
    const keys = create({ algorithms: ['ES256', 'Ed25519', 'RS256'] })
    const { keys: published } = await keys.jwks()
    const members = published.map((key) => `${String(key['alg'])}: ${Object.keys(key).toSorted().join(' ')}`)
    expect(members.toSorted()).toEqual([
      'ES256: alg crv kid kty use x y',
      'ES256: alg crv kid kty use x y',
      'Ed25519: alg crv kid kty use x',
      'Ed25519: alg crv kid kty use x',
      'RS256: alg e kid kty n use',
      'RS256: alg e kid kty n use',
    ])
    expect(published.every(({ use }) => use === 'sig')).toBe(true)
    const kids = published.map(({ kid }) => String(kid))
    expect(kids).toEqual(kids.toSorted())
  })

  it('say the longest life of a token that they sign', () => {
    expect(create().maxTokenLifetimeSeconds).toBe(3_600)
    expect(create({ maxTokenLifetimeSeconds: 300 }).maxTokenLifetimeSeconds).toBe(300)
  })

  it('are found without the store once they are loaded', async () => {
    const keys = create()
    await keys.ready()
    const { reads } = keys.store
    for (let call = 0; call < 100; call++) {
      const { kid } = await keys.findSigner('ES256')
      await keys.findKey(kid)
      await keys.jwks()
    }
    expect(keys.store.reads).toBe(reads)
  })

  it('are made once, however many ask at once', async () => {
    const keys = create()
    const kids = await Promise.all(Array.from({ length: 50 }, async () => (await keys.findSigner('ES256')).kid))
    expect(new Set(kids).size).toBe(1)
    expect([keys.store.reads, keys.store.written.length]).toEqual([1, 1])
  })

  it('find nothing by a kid that is not published', async () => {
    const keys = create()
    expect(await keys.findKey('unheard of')).toBeUndefined()
    expect(await keys.findKey('constructor')).toBeUndefined()
  })

  it('of another replica are found as soon as somebody asks for them, and the store is asked once a second at most', async () => {
    const [one, other] = [create(), create()]
    const shared = { store: one.store, wrapper, runtime: one.clock, refreshMs: 60_000 }
    const late = createSigningKeys(shared)
    opened.push(late)
    await one.ready()
    await late.ready()
    for (let time = 0; time < 2; time++) await one.revoke((await one.findSigner('ES256')).kid)
    const { kid } = await one.findSigner('ES256')
    expect(await Promise.all([late.findKey(kid), late.findKey(kid)])).toMatchObject([{ kid }, { kid }])
    const { reads } = one.store
    for (let time = 0; time < 10; time++) expect(await late.findKey('unheard of')).toBeUndefined()
    expect(one.store.reads).toBe(reads)
    one.clock.advance(1_000)
    for (let time = 0; time < 10; time++) expect(await late.findKey('unheard of')).toBeUndefined()
    expect(one.store.reads).toBe(reads + 1)
    expect(await other.findKey(kid)).toBeUndefined()
  })

  it('of an algorithm that is not configured are a mistake of the caller', async () => {
    await expect(create().findSigner('RS256')).rejects.toMatchObject({ status: 500, reason: 'ERR_UNEXPECTED' })
  })

  it('of an algorithm that was added are 503 until its key was published for long enough', async () => {
    const keys = create()
    await keys.ready()
    const more = createSigningKeys({
      store: keys.store,
      wrapper,
      runtime: keys.clock,
      algorithms: ['ES256', 'Ed25519'],
    })
    opened.push(more)
    await more.ready()
    await expect(more.findSigner('Ed25519')).rejects.toMatchObject({ status: 503, reason: 'ERR_STORE_UNAVAILABLE' })
    expect((await more.jwks()).keys).toHaveLength(3)
    keys.clock.advance(DAY_MS + 305_000)
    await more.ready()
    expect(await more.findSigner('Ed25519')).toMatchObject({ algorithm: 'Ed25519' })
  })

  it('look at the store in the background, and rotate there', async () => {
    const keys = create({ refreshMs: 10 })
    const { kid } = await keys.findSigner('ES256')
    keys.clock.advance(30 * DAY_MS)
    await expect.poll(async () => (await keys.findSigner('ES256')).kid, { timeout: 5_000 }).not.toBe(kid)
    await keys.close()
    const { reads } = keys.store
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(keys.store.reads).toBe(reads)
  })

  it('after a revocation are the next ones at once, and the revoked one is found no more', async () => {
    const keys = create()
    const { kid } = await keys.findSigner('ES256')
    await keys.revoke(kid)
    expect((await keys.findSigner('ES256')).kid).not.toBe(kid)
    expect(await keys.findKey(kid)).toBeUndefined()
    expect((await keys.jwks()).keys.map((key) => key['kid'])).not.toContain(kid)
    expect(keys.health().keys.find((key) => key.kid === kid)).toMatchObject({ state: 'revoked' })
    await expect(keys.revoke('unheard of')).rejects.toThrow('There is no signing key of this kid')
  })

  it('of one process need no other store than its memory', async () => {
    const keys = createSigningKeys({ store: memoryKeys(), wrapper })
    opened.push(keys)
    const { kid } = await keys.findSigner('ES256')
    await keys.revoke(kid)
    expect((await keys.findSigner('ES256')).kid).not.toBe(kid)
  })
})

describe('without its store', () => {
  it('a service that has keys goes on for maxStaleMs, then answers 503, and recovers without a restart', async () => {
    const keys = create()
    const { kid } = await keys.findSigner('ES256')
    keys.store.before = away
    keys.clock.advance(5 * MINUTE_MS - 1)
    await keys.ready().catch(() => {})
    expect((await keys.findSigner('ES256')).kid).toBe(kid)
    expect(keys.health().ok).toBe(true)
    keys.clock.advance(1)
    const refused = { status: 503, reason: 'ERR_STORE_UNAVAILABLE', headers: { 'Retry-After': '1' } }
    await expect(keys.findSigner('ES256')).rejects.toMatchObject(refused)
    await expect(keys.findKey(kid)).rejects.toMatchObject(refused)
    await expect(keys.jwks()).rejects.toMatchObject(refused)
    expect(keys.health()).toMatchObject({ ok: false, version: 1 })
    keys.store.before = back
    keys.clock.advance(1_000)
    expect((await keys.findSigner('ES256')).kid).toBe(kid)
    expect(keys.health().ok).toBe(true)
  })

  it('an active key that is revoked leaves nothing to sign with, and health says so', async () => {
    const keys = create({ algorithms: ['ES256', 'Ed25519'] })
    const { kid } = await keys.findSigner('ES256')
    const other = await keys.findSigner('Ed25519')
    const stateOf = (name: string): unknown => keys.health().keys.find((key) => key.kid === name)
    keys.store.before = away
    keys.clock.advance(1_000)
    await expect(keys.revoke(kid)).rejects.toMatchObject({ reason: 'ERR_STORE_UNAVAILABLE' })
    await expect(keys.findSigner('ES256')).rejects.toMatchObject({ status: 503, detail: { what: 'active' } })
    expect((await keys.findSigner('Ed25519')).kid).toBe(other.kid)
    expect(keys.health()).toMatchObject({ ok: false, version: 1 })
    expect(stateOf(kid)).toMatchObject({ state: 'revoked', sinceMs: keys.clock.now() })
    expect(stateOf(other.kid)).toMatchObject({ state: 'active' })
    keys.store.before = back
    await keys.ready()
    expect((await keys.findSigner('ES256')).kid).not.toBe(kid)
    expect(keys.health().ok).toBe(true)
    expect(stateOf(kid)).toMatchObject({ state: 'revoked' })
  })

  it('an algorithm that is new to a ring waits for its first key, and the service is well meanwhile', async () => {
    const before = create({ algorithms: ['ES256'] })
    await before.ready()
    const keys = create({ algorithms: ['ES256', 'Ed25519'], store: before.store })
    await keys.ready()
    await expect(keys.findSigner('Ed25519')).rejects.toMatchObject({ status: 503, detail: { what: 'active' } })
    const added = keys.health().keys.filter(({ algorithm }) => algorithm === 'Ed25519')
    expect(added.map(({ state }) => state)).toEqual(['pending'])
    expect(keys.health().ok).toBe(true)
  })

  it('an algorithm that takes the place of the only one leaves nothing to sign with until its first key does', async () => {
    const before = create({ algorithms: ['ES256'] })
    await before.ready()
    const keys = create({ algorithms: ['Ed25519'], store: before.store })
    await keys.ready()
    await expect(keys.findSigner('Ed25519')).rejects.toMatchObject({ status: 503, detail: { what: 'active' } })
    expect(keys.health().ok).toBe(false)
    keys.clock.advance(2 * DAY_MS)
    await keys.ready()
    expect((await keys.findSigner('Ed25519')).algorithm).toBe('Ed25519')
    expect(keys.health().ok).toBe(true)
  })

  it('a machine that slept, or whose clock was set back, wakes up with keys that are too old', async () => {
    const keys = create()
    await keys.ready()
    keys.store.before = away
    keys.clock.suspend(5 * MINUTE_MS)
    await expect(keys.findSigner('ES256')).rejects.toMatchObject({ status: 503 })
    const other = create()
    await other.ready()
    other.store.before = away
    other.clock.advance(5 * MINUTE_MS)
    other.clock.advanceWall(-10 * MINUTE_MS)
    await expect(other.findSigner('ES256')).rejects.toMatchObject({ status: 503 })
  })

  it('a service that never had keys answers 503, asks at most once a second, and loads when it can', async () => {
    const keys = create()
    let asked = 0
    keys.store.before = () => (asked++, away())
    await Promise.all(
      Array.from({ length: 20 }, () => expect(keys.findSigner('ES256')).rejects.toMatchObject({ status: 503 })),
    )
    await expect(keys.findSigner('ES256')).rejects.toMatchObject({ status: 503 })
    expect(asked).toBe(1)
    keys.clock.advance(1_000)
    await expect(keys.jwks()).rejects.toMatchObject({ status: 503 })
    expect(asked).toBe(2)
    keys.store.before = back
    keys.clock.advance(1_000)
    expect((await keys.jwks()).keys).toHaveLength(2)
  })

  it('ready() and revoke() reject with what is the matter', async () => {
    const keys = create()
    keys.store.before = away
    await expect(keys.ready()).rejects.toMatchObject({ reason: 'ERR_STORE_UNAVAILABLE', detail: { what: 'store' } })
    await expect(keys.revoke('any')).rejects.toMatchObject({ reason: 'ERR_STORE_UNAVAILABLE' })
    expect(keys.health()).toEqual({ ok: false, version: undefined, keys: [] })
  })

  it('the logger hears when it goes, and when it is back, and not in between', async () => {
    const logger = createTestLogger()
    const keys = create({ logger })
    await keys.ready()
    logger.lines.length = 0
    keys.store.before = away
    for (let look = 0; look < 5; look++) await keys.ready().catch(() => {})
    keys.store.before = back
    for (let look = 0; look < 5; look++) await keys.ready()
    expect(logger.lines).toEqual(['warn The signing keys are not heard', 'info The signing keys are heard again'])
  })

  it('a document that is refused is no outage of its own: keys at hand go on as long, and not longer', async () => {
    const keys = create()
    const { kid } = await keys.findSigner('ES256')
    const { document } = keys.store
    keys.store.document = { version: 2, bytes: new Uint8Array(100) }
    await expect(keys.ready()).rejects.toMatchObject({ detail: { refusal: 'unopened' } })
    expect(keys.health()).toMatchObject({ ok: false, version: 1 })
    expect((await keys.findSigner('ES256')).kid).toBe(kid)
    keys.clock.advance(5 * MINUTE_MS)
    await expect(keys.findSigner('ES256')).rejects.toMatchObject({ status: 503 })
    keys.store.document = document
    keys.clock.advance(1_000)
    expect((await keys.findSigner('ES256')).kid).toBe(kid)
  })
})
