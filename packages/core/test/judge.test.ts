import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createTestClock, createTestIssuer, testRuntime } from '@countersign/testing'
import type { IncomingRequest } from '../src/auth-request.js'
import { createVerifier } from '../src/create-verifier.js'
import { authenticateRequest, findPrincipal } from '../src/http/attachment.js'
import { memoryRevocationStore } from '../src/stores/memory-revocation-store.js'
import type { Verifier } from '../src/verifier.js'
import { beAlone, beCrowded } from './alone.js'
import { AUDIENCE, claims, ISSUER, NOW_SECONDS, toOptions, toSigned } from './parts.js'
import { reasonOf } from './refusals.js'

const good = toSigned(claims())

function toRaw(authorization = `Bearer ${good}`): IncomingRequest {
  return { method: 'GET', url: '/', headers: { authorization } }
}

describe('a request that is judged', () => {
  beforeEach(beAlone)
  afterEach(beAlone)

  it('waits for nothing where its token was verified before', async () => {
    const verifier = createVerifier(toOptions())
    await verifier.verify(good)
    const raw = toRaw()
    expect(authenticateRequest(verifier, raw)).toBe(findPrincipal(raw))
    expect(findPrincipal(raw)?.subject).toBe('user-1')
    // Nor where no signature has to be looked at.
    expect(reasonOf(() => authenticateRequest(verifier, toRaw('Bearer a.b c')))).toBe('ERR_CREDENTIALS_MALFORMED')
    expect(reasonOf(() => authenticateRequest(verifier, toRaw(`Bearer ${good}x`)))).toBe('ERR_TOKEN_ENCODING')
  })

  it('waits with a new token until whatever came with it is read: those that are known are answered before it', async () => {
    const verifier = createVerifier(toOptions())
    await verifier.verify(good)
    const tokens = ['1', '2'].map((jti) => toSigned(claims({ jti })))
    const forged = `${tokens[0]?.slice(0, tokens[0].lastIndexOf('.'))}${good.slice(good.lastIndexOf('.'))}`
    const requests = [...tokens, forged].map((token) => toRaw(`Bearer ${token}`))
    const order: string[] = []
    const judged = requests.map(async (raw, at) => {
      const told = await Promise.resolve(authenticateRequest(verifier, raw)).then(
        () => 'accepted',
        () => 'refused',
      )
      order.push(`new ${at} ${told}`)
    })
    // What comes later in this turn, and is known.
    await Promise.resolve()
    const known = toRaw()
    expect(authenticateRequest(verifier, known)).toBe(findPrincipal(known))
    order.push('known')
    expect(requests.map((raw) => findPrincipal(raw))).toEqual([undefined, undefined, undefined])
    await Promise.all(judged)
    expect(order).toEqual(['known', 'new 0 accepted', 'new 1 accepted', 'new 2 refused'])
  })

  it('waits for the others of a crowd once, however many verifiers judge it', async () => {
    const verifiers = [createVerifier(toOptions()), createVerifier(toOptions())]
    for (const verifier of verifiers) await verifier.verify(good)
    await beCrowded()
    const raw = toRaw()
    const [first, second] = verifiers.map((verifier) => authenticateRequest(verifier, raw))
    expect(first).toBeInstanceOf(Promise)
    expect(second).toBe(findPrincipal(raw))
    await first
    // The verdict of the one that was asked last stands.
    expect(second).toBe(findPrincipal(raw))
  })

  it('waits by the clock of no test: timers that somebody has stopped stop no request', async () => {
    vi.useFakeTimers({ toFake: ['setImmediate', 'clearImmediate', 'setTimeout', 'clearTimeout'] })
    try {
      const verifier = createVerifier(toOptions())
      const raw = toRaw(`Bearer ${toSigned(claims({ jti: 'stopped' }))}`)
      await authenticateRequest(verifier, raw)
      expect(findPrincipal(raw)?.subject).toBe('user-1')
    } finally {
      vi.useRealTimers()
    }
  })

  it('waits for a store that has to be asked, each time', async () => {
    const verifier = createVerifier(toOptions({}, { revocationStore: memoryRevocationStore() }))
    for (let turn = 0; turn < 2; turn++) {
      const raw = toRaw()
      const judged = authenticateRequest(verifier, raw)
      expect([judged instanceof Promise, findPrincipal(raw)]).toEqual([true, undefined])
      expect(await judged).toBe(findPrincipal(raw))
    }
  })

  it.each([
    ['a new token', async () => {}],
    [
      'a token that was verified before',
      async (verifier: Verifier, token: string) => void (await verifier.verify(token)),
    ],
  ])('invariant 7: is refused with %s whose key was withdrawn while a store was asked', async (_, before) => {
    const clock = createTestClock(NOW_SECONDS * 1_000)
    const acme = await createTestIssuer({ issuer: ISSUER, clock })
    let meanwhile = async (): Promise<unknown> => undefined
    const isRevoked = async (): Promise<boolean> => (await meanwhile(), false)
    const runtime = testRuntime(acme)
    const verifier = createVerifier({ audience: AUDIENCE, issuers: [ISSUER], runtime, revocationStore: { isRevoked } })
    const token = await acme.token()
    await verifier.ready()
    await before(verifier, token)
    meanwhile = async () => {
      meanwhile = async () => undefined
      await acme.rotate({ keep: false })
      clock.advance(10_000)
      await verifier.verify(await acme.token())
    }
    const refused = { reason: 'ERR_KEY_NOT_FOUND', detail: { issuer: ISSUER } }
    await expect(verifier.verify(token)).rejects.toMatchObject(refused)
    await verifier.close()
  })

  it('invariant 7: is refused where its key was withdrawn before the end of the turn', async () => {
    const clock = createTestClock(NOW_SECONDS * 1_000)
    const acme = await createTestIssuer({ issuer: ISSUER, clock })
    const verifier = createVerifier({ audience: AUDIENCE, issuers: [ISSUER], runtime: testRuntime(acme) })
    const token = await acme.token()
    await verifier.ready()
    await acme.rotate({ keep: false })
    clock.advance(10_000)
    const next = await acme.token()
    const order: string[] = []
    const judged = verifier.authenticate(toRaw(`Bearer ${token}`)).then(
      () => order.push('accepted'),
      ({ reason }) => order.push(String(reason)),
    )
    // Its set is read without a turn of the event loop: the issuer is in this process.
    await verifier.verify(next)
    order.push('the key is withdrawn')
    await judged
    expect(order).toEqual(['the key is withdrawn', 'ERR_KEY_NOT_FOUND'])
    await verifier.close()
  })

  it('invariant 9: is taken by keys that are kept for no time at all', async () => {
    const clock = createTestClock(NOW_SECONDS * 1_000)
    const acme = await createTestIssuer({ issuer: ISSUER, clock })
    const keyCache = { minAgeMs: 0, defaultAgeMs: 0, maxAgeMs: 0, maxStaleMs: 0, cooldownMs: 0 }
    const verifier = createVerifier({ audience: AUDIENCE, issuers: [ISSUER], runtime: testRuntime(acme), keyCache })
    const raw = toRaw(`Bearer ${await acme.token()}`)
    for (let turn = 0; turn < 2; turn++)
      await expect(verifier.authenticate(raw)).resolves.toMatchObject({ subject: 'user-1' })
    await verifier.close()
  })

  it('invariant 9: is not refused because the set of its key grew too old while a store was asked', async () => {
    const clock = createTestClock(NOW_SECONDS * 1_000)
    const acme = await createTestIssuer({ issuer: ISSUER, clock })
    let meanwhile = async (): Promise<unknown> => undefined
    const isRevoked = async (): Promise<boolean> => (await meanwhile(), false)
    const runtime = testRuntime(acme)
    const verifier = createVerifier({ audience: AUDIENCE, issuers: [ISSUER], runtime, revocationStore: { isRevoked } })
    const token = await acme.token({}, { expiresInSeconds: 86_400 })
    await verifier.ready()
    meanwhile = async () => {
      await acme.outage('down')
      clock.advance(7_200_000)
    }
    await expect(verifier.verify(token)).resolves.toMatchObject({ issuer: ISSUER })
    // The next one finds no keys that are young enough, and none can be read: that is an outage.
    await expect(verifier.verify(token)).rejects.toMatchObject({ reason: 'ERR_KEYS_UNAVAILABLE', status: 503 })
    await verifier.close()
  })

  it('invariant 13: is refused where its token ran out while a store was asked, as on a machine that slept', async () => {
    const clock = createTestClock(NOW_SECONDS * 1_000)
    const acme = await createTestIssuer({ issuer: ISSUER, clock })
    const isRevoked = async (): Promise<boolean> => (clock.suspend(3 * 3_600_000), false)
    const runtime = testRuntime(acme)
    const verifier = createVerifier({ audience: AUDIENCE, issuers: [ISSUER], runtime, revocationStore: { isRevoked } })
    await expect(verifier.verify(await acme.token())).rejects.toMatchObject({ reason: 'ERR_TOKEN_EXPIRED' })
    await verifier.close()
  })

  it('is put to what an application made in the image of a verifier', async () => {
    const verifier = createVerifier(toOptions())
    const asked: unknown[] = []
    const image = {
      ...verifier,
      authenticate: (...args: Parameters<typeof verifier.authenticate>) => (
        asked.push(args),
        verifier.authenticate(...args)
      ),
    }
    const raw = toRaw()
    const judged = authenticateRequest(image, raw)
    expect(asked.length).toBe(1)
    expect(await judged).toBe(findPrincipal(raw, image))
    expect(findPrincipal(raw, verifier)).toBeUndefined()
  })

  it('has promises of verify and authenticate, and rejections where they refuse', async () => {
    const verifier = createVerifier(toOptions())
    await verifier.verify(good)
    expect([verifier.verify(good), verifier.authenticate(toRaw())].every((one) => one instanceof Promise)).toBe(true)
    await expect(verifier.verify('a.b.c')).rejects.toMatchObject({ reason: 'ERR_TOKEN_MALFORMED' })
    await expect(verifier.authenticate(toRaw(''))).rejects.toMatchObject({ reason: 'ERR_CREDENTIALS_MALFORMED' })
  })
})

describe('what is attached to a request', () => {
  const verifier = createVerifier(toOptions())

  it('is of that very object: of no copy, no heir and no proxy of it', async () => {
    const raw = toRaw()
    const principal = await authenticateRequest(verifier, raw)
    expect(findPrincipal(raw)).toBe(principal)
    for (const other of [{ ...raw }, Object.create(raw) as object, new Proxy(raw, {}), structuredClone(raw)]) {
      expect(findPrincipal(other)).toBeUndefined()
    }
    expect(Reflect.ownKeys(raw)).toEqual(['method', 'url', 'headers'])
  })

  it('is found on a frozen request, and on nothing that is no object', async () => {
    const raw = Object.freeze(toRaw())
    expect(await authenticateRequest(verifier, raw)).toBe(findPrincipal(raw))
    for (const none of [undefined, null, 1, 'raw']) expect(findPrincipal(none as never)).toBeUndefined()
  })
})
