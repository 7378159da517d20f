import { describe, expect, it } from 'vitest'
import { toAuthRequest } from '../../src/auth-request.js'
import { UpstreamError } from '../../src/errors.js'
import { joinRequest } from '../../src/http/own-claims.js'
import type { ReplayClaim, ReplayStore } from '../../src/ports.js'
import { checkFirstUse, claimFirstUse } from '../../src/steps/first-use.js'
import type { Lifetime } from '../../src/steps/first-use.js'
import { memoryReplayStore } from '../../src/stores/memory-replay-store.js'
import { NOW_SECONDS, toParts } from '../parts.js'
import { createRecordingStore, toProvenRequest, withDpop } from '../proofs.js'
import { errorOfAsync, reasonOfAsync } from '../refusals.js'

const NOW_MS = NOW_SECONDS * 1_000
const LIFETIME: Lifetime = { madeAfterMs: NOW_MS - 15_000, endsAtMs: NOW_MS + 300_000, nonce: undefined }

function create(store: ReplayStore) {
  const { rules } = toParts({}, withDpop(store))
  const { dpop } = rules
  if (dpop === undefined) throw new Error('There is no DPoP')
  return (id = 'id', request = toProvenRequest([]), lifetime = LIFETIME) =>
    checkFirstUse(id, request, lifetime, rules, dpop)
}

const answering = (answer: unknown) => create(createRecordingStore(() => answer as ReplayClaim))

describe('the first use of a proof', () => {
  it('D13: is accepted, and the second is refused', async () => {
    const use = create(memoryReplayStore())
    expect(await reasonOfAsync(() => use())).toBe('accepted')
    expect(await errorOfAsync(() => use())).toMatchObject({
      reason: 'ERR_PROOF_REPLAYED',
      oauthError: 'invalid_dpop_proof',
      status: 401,
    })
    expect(await reasonOfAsync(() => use('other'))).toBe('accepted')
  })

  it('D13: is accepted once of many at the same moment', async () => {
    const use = create(memoryReplayStore())
    const outcomes = await Promise.all(Array.from({ length: 100 }, () => reasonOfAsync(() => use())))
    expect(outcomes.filter((outcome) => outcome === 'accepted')).toHaveLength(1)
  })

  it('D13: is awaited of a store that answers later, and of promises that are not our own', async () => {
    const later = create(createRecordingStore(() => Promise.resolve({ fresh: true })))
    expect(await reasonOfAsync(() => later())).toBe('accepted')
    const refusing = create(createRecordingStore(() => Promise.resolve({ fresh: false })))
    expect(await reasonOfAsync(() => refusing())).toBe('ERR_PROOF_REPLAYED')
    // oxlint-disable-next-line unicorn/no-thenable -- promises of other libraries are such objects
    const thenable = (claim: ReplayClaim) => ({ then: (resolve: (answer: ReplayClaim) => void) => resolve(claim) })
    expect(await reasonOfAsync(() => answering(thenable({ fresh: true }))())).toBe('accepted')
    expect(await reasonOfAsync(() => answering(thenable({ fresh: false }))())).toBe('ERR_PROOF_REPLAYED')
  })
})

describe('a store that may have forgotten', () => {
  it('still knows what it has seen: a replay is the client’s fault, whatever else was lost', async () => {
    const memorySinceMs = LIFETIME.madeAfterMs + 1
    expect(await reasonOfAsync(() => answering({ fresh: false, memorySinceMs })())).toBe('ERR_PROOF_REPLAYED')
    expect(await reasonOfAsync(() => answering({ fresh: true, memorySinceMs })())).toBe('ERR_STORE_UNAVAILABLE')
    const { detail } = await errorOfAsync(() => answering({ fresh: true, memorySinceMs })())
    expect(detail).toEqual({ memorySinceMs, madeAfterMs: LIFETIME.madeAfterMs })
    expect(await reasonOfAsync(() => answering({ fresh: true, memorySinceMs: LIFETIME.madeAfterMs })())).toBe(
      'accepted',
    )
  })
})

describe('a store that fails', () => {
  const unavailable = { reason: 'ERR_STORE_UNAVAILABLE', status: 503, headers: { 'Retry-After': '1' } }

  it('by throwing or rejecting, with whatever, is an outage: 503, never a yes and never the client’s fault', async () => {
    for (const thrown of [new Error('ECONNREFUSED'), undefined, 'text', Object.freeze({}), new TypeError()]) {
      const throwing = create(
        createRecordingStore(() => {
          throw thrown // oxlint-disable-line typescript/only-throw-error -- a store may be anybody's
        }),
      )
      expect(await errorOfAsync(() => throwing())).toMatchObject(unavailable)
      const rejecting = create(createRecordingStore(() => Promise.reject(thrown)))
      expect(await errorOfAsync(() => rejecting())).toMatchObject(unavailable)
    }
  })

  it('may say when to come again', async () => {
    const full = new UpstreamError('ERR_STORE_UNAVAILABLE', { retryAfterSeconds: 7 })
    const refusing = create(createRecordingStore(() => Promise.reject(full)))
    expect(await errorOfAsync(() => refusing())).toMatchObject({ headers: { 'Retry-After': '7' } })
  })

  it('by never answering is given up after a second, and a late answer is not looked at', async () => {
    let answer: (claim: ReplayClaim) => void = () => {}
    const hanging = create(createRecordingStore(() => new Promise((resolve) => void (answer = resolve))))
    const startedAt = performance.now()
    expect(await errorOfAsync(() => hanging())).toMatchObject(unavailable)
    expect(performance.now() - startedAt).toBeLessThan(5_000)
    answer({ fresh: true })
  })

  it('by rejecting after it was given up harms nobody', async () => {
    let fail: (error: Error) => void = () => {}
    const hanging = create(createRecordingStore(() => new Promise((_, reject) => void (fail = reject))))
    expect(await errorOfAsync(() => hanging())).toMatchObject(unavailable)
    fail(new Error('too late'))
    await new Promise((resolve) => setImmediate(resolve))
  })

  it.each([
    undefined,
    null,
    true,
    'OK',
    1,
    {},
    { fresh: 'true' },
    { fresh: 1 },
    { fresh: null },
    { fresh: true, memorySinceMs: null },
    { fresh: true, memorySinceMs: Number.NaN },
    { fresh: true, memorySinceMs: '0' },
    { fresh: true, memorySinceMs: Infinity },
  ])('by answering %j is an outage: what is no answer is neither a yes nor a replay', async (answer) => {
    expect(await errorOfAsync(() => answering(answer)())).toMatchObject(unavailable)
  })
})

describe('a store with a gap in its memory', () => {
  const since = (memorySinceMs: number, lifetime: Lifetime = LIFETIME) =>
    answering({ fresh: true, memorySinceMs })('id', toProvenRequest([]), lifetime)

  it('D13: is believed about what was made after the gap, and about nothing before', async () => {
    expect(await reasonOfAsync(() => since(LIFETIME.madeAfterMs))).toBe('accepted')
    expect(await reasonOfAsync(() => since(LIFETIME.madeAfterMs - 1))).toBe('accepted')
    expect(await errorOfAsync(() => since(LIFETIME.madeAfterMs + 1))).toMatchObject({
      reason: 'ERR_STORE_UNAVAILABLE',
      status: 503,
    })
  })

  it('D13: has seen a replay where it says so, gap or not', async () => {
    const use = answering({ fresh: false, memorySinceMs: 0 })
    expect(await reasonOfAsync(() => use())).toBe('ERR_PROOF_REPLAYED')
  })

  it('says when a proof will be late enough', async () => {
    const error = await errorOfAsync(() => since(NOW_MS))
    expect(error.headers).toEqual({ 'Retry-After': '15' })
  })

  it('says when a nonce will be late enough: a whole number of slots', async () => {
    // A slot of 60 s that began at the full minute, and for other instances up to 5 s before.
    const nonce = { startedAtMs: NOW_MS - 5_000, endsAtMs: NOW_MS + 120_000 }
    const lifetime = { madeAfterMs: nonce.startedAtMs, endsAtMs: nonce.endsAtMs, nonce }
    expect((await errorOfAsync(() => since(NOW_MS + 1_000, lifetime))).headers).toEqual({ 'Retry-After': '60' })
    expect((await errorOfAsync(() => since(NOW_MS + 55_001, lifetime))).headers).toEqual({ 'Retry-After': '120' })
  })
})

describe('one request that is judged twice', () => {
  const raw = { method: 'GET', url: '/orders', headers: {} }
  const toView = (source: object) => {
    const view = toAuthRequest(raw)
    joinRequest(view, source)
    return view
  }

  it('claims its proof once: middleware inside middleware is no replay', async () => {
    const use = create(memoryReplayStore())
    const source = {}
    expect(await reasonOfAsync(() => use('id', toView(source)))).toBe('accepted')
    expect(await reasonOfAsync(() => use('id', toView(source)))).toBe('accepted')
  })

  it('D13: covers neither another request, nor another id, nor another store', async () => {
    const [one, other] = [create(memoryReplayStore()), create(memoryReplayStore())]
    const source = {}
    expect(await reasonOfAsync(() => one('id', toView(source)))).toBe('accepted')
    expect(await reasonOfAsync(() => one('id', toView({})))).toBe('ERR_PROOF_REPLAYED')
    await one('second', toView({}))
    expect(await reasonOfAsync(() => one('second', toView(source)))).toBe('ERR_PROOF_REPLAYED')
    await other('id', toView({}))
    expect(await reasonOfAsync(() => other('id', toView(source)))).toBe('ERR_PROOF_REPLAYED')
  })

  it('D13: and was refused the first time is refused the second time', async () => {
    const use = create(memoryReplayStore())
    await use('id', toView({}))
    const source = {}
    expect(await reasonOfAsync(() => use('id', toView(source)))).toBe('ERR_PROOF_REPLAYED')
    expect(await reasonOfAsync(() => use('id', toView(source)))).toBe('ERR_PROOF_REPLAYED')
    const forgetful = answering({ fresh: true, memorySinceMs: NOW_MS })
    expect(await reasonOfAsync(() => forgetful('id', toView(source)))).toBe('ERR_STORE_UNAVAILABLE')
    expect(await reasonOfAsync(() => forgetful('id', toView(source)))).toBe('ERR_STORE_UNAVAILABLE')
  })

  it('D13: by hand counts twice: whoever calls authenticate says that a request came in', async () => {
    const use = create(memoryReplayStore())
    const view = toProvenRequest([])
    expect(await reasonOfAsync(() => use('id', view))).toBe('accepted')
    expect(await reasonOfAsync(() => use('id', view))).toBe('ERR_PROOF_REPLAYED')
  })
})

describe('the first use of anything else', () => {
  const runtime = { now: () => NOW_MS }
  const claim = (replayStore: ReplayStore, lifetime = LIFETIME) =>
    claimFirstUse('id', lifetime, { replayStore, runtime })

  it('is told from the second', async () => {
    const store = memoryReplayStore()
    expect([await claim(store), await claim(store)]).toEqual([true, false])
  })

  it('is remembered for a minute longer than it could be used', async () => {
    const store = createRecordingStore()
    await claim(store)
    expect(store.asked).toEqual([{ id: 'id', ttlMs: 360_000 }])
  })

  it('is not believed of what was made before a gap in the memory', async () => {
    const store = createRecordingStore(() => ({ fresh: true, memorySinceMs: LIFETIME.madeAfterMs + 1 }))
    expect(await errorOfAsync(() => claim(store))).toMatchObject({ reason: 'ERR_STORE_UNAVAILABLE', status: 503 })
  })
})
