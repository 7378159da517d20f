import { describe, expect, it } from 'vitest'
import type { KeySelector, KeySource, VerificationKey } from '../../src/ports.js'
import { makePair } from './jwks.js'
import { createScripted, settle } from './scripted.js'
import type { Scripted } from './scripted.js'

const HOUR_MS = 3_600_000
const one = makePair('P-256', 'one')
const two = makePair('P-256', 'two')
const three = makePair('P-256', 'three')

function ask(kid: string | undefined): KeySelector {
  return { kid, algorithm: 'ES256' }
}

/** What a find came to: the kids it found, or the reason it refused and after how many seconds to come back. */
async function outcome(source: KeySource, kid: string | undefined): Promise<unknown> {
  try {
    return (await source.find(ask(kid))).map((key) => key.kid)
  } catch (error) {
    const { reason, status, headers } = error as { reason: string; status: number; headers: Record<string, string> }
    return status === 503 ? [reason, Number(headers['Retry-After'])] : reason
  }
}

/** Like {@link outcome}, and fails the test where it had to wait for anything. */
async function atOnce(source: KeySource, kid: string | undefined): Promise<unknown> {
  return Promise.race([outcome(source, kid), settle().then(() => 'still waiting')])
}

function key(source: KeySource, kid: string): VerificationKey {
  const found = source.find(ask(kid))
  if (found instanceof Promise || found[0] === undefined) throw new Error('not found at once')
  return found[0]
}

async function startLoaded(scripted: Scripted, lifetimeMs?: number): Promise<Scripted> {
  const loaded = scripted.source.load()
  await scripted.reads[0]?.answer([one], lifetimeMs)
  await loaded
  return scripted
}

describe('first use', () => {
  it('fetches nothing until it is asked', async () => {
    const { reads, source } = createScripted()
    await settle()
    expect(reads).toEqual([])
    expect(source.health()).toMatchObject({ state: 'idle', keyCount: 0, keyAgeMs: undefined })
  })

  it('C.3 rule 6: asks once for five hundred requests at the same time', async () => {
    const { reads, source } = createScripted()
    const outcomes = Promise.all(Array.from({ length: 500 }, () => outcome(source, 'one')))
    expect(reads).toHaveLength(1)
    await reads[0]?.answer([one])
    expect(new Set((await outcomes).map(String))).toEqual(new Set(['one']))
    expect(reads).toHaveLength(1)
  })

  it('lets ten thousand requests wait for it and answers the next at once', async () => {
    const { reads, source } = createScripted()
    const waiting = Array.from({ length: 10_000 }, () => outcome(source, 'one'))
    expect(await atOnce(source, 'one')).toEqual(['ERR_KEYS_UNAVAILABLE', 1])
    await reads[0]?.answer([one])
    await Promise.all(waiting)
    expect(await atOnce(source, 'one')).toEqual(['one'])
  })

  it('refuses a kid that the set does not have with 401, because the set was asked for after the request came', async () => {
    const { reads, source } = createScripted()
    const unknown = outcome(source, 'none')
    await reads[0]?.answer([one])
    expect(await unknown).toBe('ERR_KEY_NOT_FOUND')
    expect(reads).toHaveLength(1)
  })

  it('answers 503 for a kid that is not in a set which was asked for before the request came', async () => {
    const { reads, source } = createScripted()
    const first = outcome(source, 'one')
    const unknown = outcome(source, 'none')
    await reads[0]?.answer([one])
    expect([await first, await unknown]).toEqual([['one'], ['ERR_KEY_UNCONFIRMED', 5]])
  })

  it('invariant 9: answers 503 when the first fetch fails, then at once until the backoff allows another', async () => {
    const { clock, reads, source } = createScripted()
    const first = outcome(source, 'one')
    await reads[0]?.fail()
    expect(await first).toEqual(['ERR_KEYS_UNAVAILABLE', expect.any(Number)])
    expect(await atOnce(source, 'one')).toEqual(['ERR_KEYS_UNAVAILABLE', expect.any(Number)])
    clock.advance(900)
    expect(await atOnce(source, 'one')).toEqual(['ERR_KEYS_UNAVAILABLE', expect.any(Number)])
    expect(reads).toHaveLength(1)
    clock.advance(1_200)
    const again = outcome(source, 'one')
    expect(reads).toHaveLength(2)
    await reads[1]?.answer([one])
    expect(await again).toEqual(['one'])
  })

  it('names in Retry-After what is left of the backoff', async () => {
    const { clock, reads, source } = createScripted()
    for (let failures = 0; failures < 6; failures++) {
      clock.advance(61_000)
      const waiting = outcome(source, 'one')
      await reads[failures]?.fail()
      await waiting
    }
    const [, seconds] = (await atOnce(source, 'one')) as [string, number]
    expect(seconds).toBeGreaterThanOrEqual(30)
    expect(seconds).toBeLessThanOrEqual(60)
    clock.advance((seconds - 1) * 1_000)
    expect(await atOnce(source, 'one')).toEqual(['ERR_KEYS_UNAVAILABLE', 1])
  })

  it('ends a fetch at the deadline, and whoever waits for it', async () => {
    const { reads, source } = createScripted({}, 50)
    const waiting = Promise.all([outcome(source, 'one'), outcome(source, 'two')])
    expect(await waiting).toEqual([
      ['ERR_KEYS_UNAVAILABLE', expect.any(Number)],
      ['ERR_KEYS_UNAVAILABLE', expect.any(Number)],
    ])
    expect(reads[0]?.signal.aborted).toBe(true)
    expect(source.health()).toMatchObject({ lastFailureReason: 'ERR_UPSTREAM_TIMEOUT' })
  })

  it('ends its deadline with the fetch, so that no timer is left', async () => {
    const { reads } = await startLoaded(createScripted())
    expect(reads[0]?.signal.aborted).toBe(true)
  })

  it('says what failed as the cause', async () => {
    const { reads, source } = createScripted()
    const waiting = source.load()
    await Promise.all([
      reads[0]?.fail('ERR_KEYS_EMPTY'),
      expect(waiting).rejects.toMatchObject({ reason: 'ERR_KEYS_UNAVAILABLE', cause: { reason: 'ERR_KEYS_EMPTY' } }),
    ])
  })
})

describe('section 4, expiry under load: refresh ahead', () => {
  it('answers synchronously while a set is held, and asks again at 80 % of its lifetime', async () => {
    const { clock, reads, source } = await startLoaded(createScripted(), 100_000)
    clock.advance(79_999)
    expect(key(source, 'one').kid).toBe('one')
    expect(reads).toHaveLength(1)
    clock.advance(1)
    expect(key(source, 'one').kid).toBe('one')
    expect(key(source, 'one').kid).toBe('one')
    expect(reads).toHaveLength(2)
    await reads[1]?.confirm(100_000)
    clock.advance(79_999)
    expect(key(source, 'one').kid).toBe('one')
    expect(reads).toHaveLength(2)
  })

  it('asks again for cached verdicts too, which only ask whether a key is still held', async () => {
    const { clock, reads, source } = await startLoaded(createScripted(), 100_000)
    const held = key(source, 'one')
    clock.advance(80_000)
    expect(source.holds(held)).toBe(true)
    expect(reads).toHaveLength(2)
  })

  it('counts the lifetime from when the fetch began, not from when it ended', async () => {
    const { clock, reads, source } = createScripted()
    const loading = source.load()
    clock.advance(50_000)
    await reads[0]?.answer([one], 100_000)
    await loading
    expect(source.health()).toMatchObject({ keyAgeMs: 50_000, state: 'fresh' })
    clock.advance(30_000)
    expect(key(source, 'one').kid).toBe('one')
    expect(reads).toHaveLength(2)
  })

  it('does nothing while nobody asks', async () => {
    const { clock, reads, source } = await startLoaded(createScripted(), 100_000)
    clock.advance(HOUR_MS)
    await settle()
    expect(reads).toHaveLength(1)
    expect(source.health().state).toBe('idle')
  })
})

describe('invariant 7: what a refresh does to the set', () => {
  it('replaces it whole: a removed key stops verifying once the set without it was read, for cached verdicts too', async () => {
    const { clock, reads, source } = await startLoaded(createScripted(), 100_000)
    const removed = key(source, 'one')
    clock.advance(80_000)
    key(source, 'one')
    expect(source.withdrew(removed)).toBe(false)
    await reads[1]?.answer([two])
    expect([source.holds(removed), source.withdrew(removed)]).toEqual([false, true])
    const unknown = outcome(source, 'one')
    await reads[2]?.answer([two])
    expect(await unknown).toBe('ERR_KEY_NOT_FOUND')
    expect(key(source, 'two').kid).toBe('two')
  })

  it.each(['ERR_UPSTREAM_NETWORK', 'ERR_KEYS_EMPTY', 'ERR_KEYS_MALFORMED'] as const)(
    'keeps it when the refresh fails with %s',
    async (reason) => {
      const { clock, lines, reads, source } = await startLoaded(createScripted(), 100_000)
      const held = key(source, 'one')
      clock.advance(80_000)
      key(source, 'one')
      await reads[1]?.fail(reason)
      expect(source.holds(held)).toBe(true)
      expect(key(source, 'one')).toBe(held)
      expect(lines).toMatchObject([
        {
          level: 'warn',
          message: 'The keys of an issuer could not be read',
          detail: { reason, failures: 1, usable: true },
        },
      ])
    },
  )

  it('keeps an unchanged key the same object, so that verdicts about it stay good', async () => {
    const { clock, reads, source } = await startLoaded(createScripted(), 100_000)
    const held = key(source, 'one')
    clock.advance(80_000)
    key(source, 'one')
    await reads[1]?.answer([two, one])
    expect(source.holds(held)).toBe(true)
    expect(key(source, 'one')).toBe(held)
  })

  it('gives the reader the set at hand, to revalidate', async () => {
    const { clock, reads, source } = await startLoaded(createScripted(), 100_000)
    clock.advance(80_000)
    const held = key(source, 'one')
    expect([reads[0]?.held, reads[1]?.held?.has(held)]).toEqual([undefined, true])
  })

  it('warns when no key of the old set is in the new one', async () => {
    const { clock, lines, reads, source } = await startLoaded(createScripted(), 100_000)
    clock.advance(80_000)
    key(source, 'one')
    await reads[1]?.answer([one, two])
    clock.advance(HOUR_MS)
    key(source, 'one')
    await reads[2]?.answer([two, three])
    expect(lines).toEqual([])
    clock.advance(HOUR_MS)
    key(source, 'two')
    await reads[3]?.answer([one])
    expect(lines).toEqual([
      {
        level: 'warn',
        message: 'An issuer replaced all its keys at once',
        detail: { issuer: 'https://login.example', removed: 2, added: 1 },
      },
    ])
  })
})

describe('section 4, unknown-kid flood', () => {
  it('asks once for a kid that the set does not have, and finds a key that was published meanwhile', async () => {
    const { reads, source } = await startLoaded(createScripted())
    const found = outcome(source, 'two')
    expect(reads).toHaveLength(2)
    await reads[1]?.answer([one, two])
    expect(await found).toEqual(['two'])
  })

  it('refuses with 401 what is in no set that was asked for after the request came', async () => {
    const { reads, source } = await startLoaded(createScripted())
    const unknown = outcome(source, 'none')
    await reads[1]?.confirm()
    expect(await unknown).toBe('ERR_KEY_NOT_FOUND')
  })

  it('asks at most once per cooldown, and answers 503 with the rest of it meanwhile', async () => {
    const { clock, reads, source } = await startLoaded(createScripted())
    const first = outcome(source, 'none')
    await reads[1]?.confirm()
    await first
    clock.advance(1_500)
    expect(await atOnce(source, 'two')).toEqual(['ERR_KEY_UNCONFIRMED', 4])
    clock.advance(3_499)
    expect(await atOnce(source, 'two')).toEqual(['ERR_KEY_UNCONFIRMED', 1])
    expect(reads).toHaveLength(2)
    clock.advance(1)
    const found = outcome(source, 'two')
    await reads[2]?.answer([one, two])
    expect(await found).toEqual(['two'])
  })

  it('counts a fetch that fails: 503 with the rest of the cooldown, and no other fetch before it is over', async () => {
    const { clock, reads, source } = await startLoaded(createScripted())
    const first = outcome(source, 'two')
    clock.advance(1_000)
    await reads[1]?.fail()
    expect(await first).toEqual(['ERR_KEY_UNCONFIRMED', 4])
    expect(await atOnce(source, 'two')).toEqual(['ERR_KEY_UNCONFIRMED', 4])
    expect(reads).toHaveLength(2)
    clock.advance(4_000)
    const again = outcome(source, 'two')
    expect(reads).toHaveLength(3)
    await reads[2]?.answer([two])
    expect(await again).toEqual(['two'])
  })

  it('does not let the backoff of a failing issuer delay a new key beyond the cooldown', async () => {
    const { clock, reads, source } = await startLoaded(createScripted(), 100_000)
    clock.advance(80_000)
    for (let failures = 1; failures <= 6; failures++) {
      key(source, 'one')
      await reads[failures]?.fail()
      clock.advance(60_000)
    }
    key(source, 'one')
    await reads[7]?.fail()
    const found = outcome(source, 'two')
    expect(reads).toHaveLength(9)
    await reads[8]?.answer([two])
    expect(await found).toEqual(['two'])
  })

  it('waits for one fetch at most: a kid that joins one begun before it is answered 503, not made to wait for another', async () => {
    const { clock, reads, source } = await startLoaded(createScripted(), 100_000)
    clock.advance(80_000)
    key(source, 'one')
    const joined = outcome(source, 'two')
    const unknown = outcome(source, 'none')
    expect(reads).toHaveLength(2)
    await reads[1]?.answer([one, two])
    expect([await joined, await unknown]).toEqual([['two'], ['ERR_KEY_UNCONFIRMED', 5]])
    expect(await atOnce(source, 'none')).toEqual(['ERR_KEY_UNCONFIRMED', 5])
    expect(reads).toHaveLength(2)
  })

  it('does not delay good tokens while one is under way', async () => {
    const { source } = await startLoaded(createScripted())
    void outcome(source, 'none')
    expect(key(source, 'one').kid).toBe('one')
  })

  it('lets a thousand requests wait and answers the next at once', async () => {
    const { reads, source } = await startLoaded(createScripted())
    const waiting = Array.from({ length: 1_000 }, () => outcome(source, 'none'))
    expect(await atOnce(source, 'none')).toEqual(['ERR_KEY_UNCONFIRMED', 5])
    await reads[1]?.confirm()
    await Promise.all(waiting)
    expect(reads).toHaveLength(2)
  })

  it('treats a token without kid that no key fits like one with an unknown kid', async () => {
    const { reads, source } = await startLoaded(createScripted())
    const found = Promise.resolve(source.find({ kid: undefined, algorithm: 'Ed25519' }))
    await reads[1]?.answer([one, makePair('Ed25519', 'ed')])
    expect((await found).map(({ kid }) => kid)).toEqual(['ed'])
  })

  it('does not fetch for a kid whose key is of another kind', async () => {
    const { reads, source } = await startLoaded(createScripted())
    expect(() => source.find({ kid: 'one', algorithm: 'RS256' })).toThrow(
      expect.objectContaining({ reason: 'ERR_KEY_MISMATCH' }),
    )
    expect(reads).toHaveLength(1)
  })
})

describe('section 4, key server down: stale keys', () => {
  it('uses keys for the stale window after their lifetime, without waiting, then answers 503 at once', async () => {
    const { clock, reads, source } = await startLoaded(createScripted(), 100_000)
    const held = key(source, 'one')
    clock.advance(100_000)
    expect(key(source, 'one')).toBe(held)
    await reads[1]?.fail()
    expect(source.health().state).toBe('stale')
    clock.advance(HOUR_MS - 1)
    expect(key(source, 'one')).toBe(held)
    await reads[2]?.fail()
    clock.advance(1)
    expect([source.holds(held), source.withdrew(held)]).toEqual([false, false])
    expect(await atOnce(source, 'one')).toEqual(['ERR_KEYS_UNAVAILABLE', expect.any(Number)])
    expect(source.health().state).toBe('unavailable')
  })

  it('goes on trying in the background, and serves again as soon as a set was read', async () => {
    const { clock, lines, reads, source } = await startLoaded(createScripted(), 100_000)
    clock.advance(100_000)
    key(source, 'one')
    await reads[1]?.fail()
    clock.advance(HOUR_MS - 1)
    key(source, 'one')
    await reads[2]?.fail()
    clock.advance(60_000)
    expect(await atOnce(source, 'one')).toEqual(['ERR_KEYS_UNAVAILABLE', 1])
    expect(await atOnce(source, 'one')).toEqual(['ERR_KEYS_UNAVAILABLE', 1])
    expect(reads).toHaveLength(4)
    await reads[3]?.answer([one])
    expect(key(source, 'one').kid).toBe('one')
    expect(lines.at(-1)).toMatchObject({ level: 'info', detail: { failures: 2 } })
    expect(source.health()).toMatchObject({ state: 'fresh', lastFailureReason: 'ERR_UPSTREAM_NETWORK' })
  })

  it('waits for a set where it last failed long ago: it was idle since, or asleep in the middle of a fetch', async () => {
    const { clock, reads, source } = await startLoaded(createScripted(), 100_000)
    clock.advance(100_000)
    key(source, 'one')
    await reads[1]?.fail()
    clock.advance(2 * HOUR_MS)
    const waiting = outcome(source, 'one')
    await reads[2]?.fail()
    expect(await waiting).toEqual(['ERR_KEYS_UNAVAILABLE', expect.any(Number)])
    // It fails now, and nobody else waits for that.
    expect(await atOnce(source, 'one')).toEqual(['ERR_KEYS_UNAVAILABLE', expect.any(Number)])
    clock.advance(2 * HOUR_MS)
    const served = outcome(source, 'one')
    await reads[3]?.answer([one])
    expect(await served).toEqual(['one'])
  })

  it('leaves a failing issuer alone for longer each time while its keys are in use', async () => {
    const { clock, reads, source } = await startLoaded(createScripted(), 100_000)
    clock.advance(80_000)
    const began: number[] = []
    for (let second = 0; second < 600; second++) {
      const before = reads.length
      key(source, 'one')
      if (reads.length > before) {
        began.push(second)
        await reads.at(-1)?.fail()
      }
      clock.advance(1_000)
    }
    const pauses = began.slice(1).map((at, index) => at - (began[index] ?? 0))
    expect(pauses.length).toBeLessThan(25)
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(1)
    expect(Math.max(...pauses)).toBeLessThanOrEqual(61)
    expect(pauses.slice(6).every((pause) => pause >= 30)).toBe(true)
  })

  it('begins a new backoff after a success, and is idle once nobody asks', async () => {
    const { clock, lines, reads, source } = await startLoaded(createScripted(), 100_000)
    for (const failures of [1, 2, 3]) {
      clock.advance(failures === 1 ? 80_000 : 60_000)
      key(source, 'one')
      await reads[failures]?.fail()
    }
    clock.advance(60_000)
    key(source, 'one')
    await reads[4]?.confirm(100_000)
    clock.advance(80_000)
    key(source, 'one')
    await reads[5]?.fail()
    expect(lines.map(({ detail }) => detail?.['failures'])).toEqual([1, 2, 3, 3, 1])
    clock.advance(2_000)
    key(source, 'one')
    await reads[6]?.confirm(100_000)
    clock.advance(HOUR_MS)
    expect(source.health()).toMatchObject({ state: 'idle', lastFailureReason: 'ERR_UPSTREAM_NETWORK' })
  })

  it('never trusts keys past their lifetime where the stale window is zero', async () => {
    const { clock, reads, source } = await startLoaded(createScripted({ maxStaleMs: 0 }), 100_000)
    clock.advance(100_000)
    const waiting = outcome(source, 'one')
    expect(reads).toHaveLength(2)
    await reads[1]?.answer([one])
    expect(await waiting).toEqual(['one'])
  })
})

describe('section 4, clock jumps, and invariant 13: two clocks', () => {
  it('wakes up stale after a day of sleep, which the monotonic clock did not notice', async () => {
    const { clock, reads, source } = await startLoaded(createScripted())
    const held = key(source, 'one')
    clock.suspend(24 * HOUR_MS)
    expect(source.holds(held)).toBe(false)
    const waiting = outcome(source, 'one')
    expect(reads).toHaveLength(2)
    await reads[1]?.answer([two])
    expect(await waiting).toBe('ERR_KEY_NOT_FOUND')
  })

  it('does not grow younger when the wall clock is set back', async () => {
    const { clock, reads, source } = await startLoaded(createScripted(), 100_000)
    const held = key(source, 'one')
    clock.advance(60_000)
    clock.advanceWall(-24 * HOUR_MS)
    clock.advance(20_000)
    expect(source.holds(held)).toBe(true)
    expect(reads).toHaveLength(2)
    await reads[1]?.fail()
    clock.advance(20_000 + HOUR_MS)
    expect(source.holds(held)).toBe(false)
  })

  it('does not keep a failing issuer in backoff for a day because the machine slept', async () => {
    const { clock, reads, source } = createScripted()
    const first = outcome(source, 'one')
    await reads[0]?.fail()
    await first
    clock.suspend(24 * HOUR_MS)
    void outcome(source, 'one')
    expect(reads).toHaveLength(2)
  })
})

describe('load, health and close', () => {
  it('loads once, and not again while a set is held', async () => {
    const { reads, source } = await startLoaded(createScripted())
    await source.load()
    expect(reads).toHaveLength(1)
  })

  it('shares the fetch of a request that came first', async () => {
    const { reads, source } = createScripted()
    const waiting = Promise.all([outcome(source, 'one'), source.load(), source.load()])
    await reads[0]?.answer([one])
    await waiting
    expect(reads).toHaveLength(1)
  })

  it('rejects at once while the backoff lasts', async () => {
    const { reads, source } = createScripted()
    const first = source.load()
    await Promise.all([reads[0]?.fail(), expect(first).rejects.toMatchObject({ reason: 'ERR_KEYS_UNAVAILABLE' })])
    await expect(source.load()).rejects.toMatchObject({
      reason: 'ERR_KEYS_UNAVAILABLE',
      retryAfterSeconds: expect.any(Number),
    })
    expect(reads).toHaveLength(1)
  })

  it('tells the state, the age and the next refresh', async () => {
    const { clock, reads, source } = await startLoaded(createScripted(), 100_000)
    const loadedAtMs = clock.now()
    clock.advance(10_000)
    expect(source.health()).toEqual({
      state: 'fresh',
      keyCount: 1,
      keyAgeMs: 10_000,
      lastSuccessAtMs: loadedAtMs,
      lastFailureAtMs: undefined,
      lastFailureReason: undefined,
      nextRefreshAtMs: loadedAtMs + 80_000,
    })
    clock.advance(80_000)
    key(source, 'one')
    await reads[1]?.fail()
    const health = source.health()
    expect(health).toMatchObject({
      state: 'fresh',
      lastFailureAtMs: clock.now(),
      lastFailureReason: 'ERR_UPSTREAM_NETWORK',
    })
    expect(health.nextRefreshAtMs).toBeGreaterThanOrEqual(clock.now() + 1_000)
  })

  it('calls off its fetch when it is closed, tells nobody, and fetches no more', async () => {
    const { clock, lines, reads, source } = createScripted()
    const waiting = outcome(source, 'one')
    source.close()
    expect(await waiting).toEqual(['ERR_KEYS_UNAVAILABLE', 1])
    clock.advance(HOUR_MS)
    expect(await atOnce(source, 'one')).toEqual(['ERR_KEYS_UNAVAILABLE', 1])
    expect([reads.length, lines]).toEqual([1, []])
  })

  it('does not start a refresh after it is closed, and still answers from what it holds', async () => {
    const { clock, reads, source } = await startLoaded(createScripted(), 100_000)
    source.close()
    clock.advance(90_000)
    expect(key(source, 'one').kid).toBe('one')
    await expect(Promise.resolve().then(() => source.find(ask('none')))).rejects.toMatchObject({
      reason: 'ERR_KEY_UNCONFIRMED',
    })
    expect(reads).toHaveLength(1)
  })
})
