import { createTestClock } from '@countersign/testing'
import { describe, expect, it } from 'vitest'
import { memoryReplayStore } from '../../src/stores/memory-replay-store.js'
import { errorOf } from '../refusals.js'

function create(maxEntries?: number) {
  const clock = createTestClock()
  return { clock, store: memoryReplayStore({ maxEntries, monotonicNow: clock.monotonicNow }) }
}

describe('memoryReplayStore', () => {
  it('D13: takes an id once, and again only after its time', () => {
    const { clock, store } = create()
    expect(store.claim('a', 1_000)).toEqual({ fresh: true })
    expect(store.claim('a', 1_000)).toEqual({ fresh: false })
    clock.advance(999)
    expect(store.claim('a', 1_000)).toEqual({ fresh: false })
    clock.advance(1)
    expect(store.claim('a', 1_000)).toEqual({ fresh: true })
    expect(store.claim('a', 1_000)).toEqual({ fresh: false })
  })

  it('D13: keeps its promise whatever the second caller asks for', () => {
    const { clock, store } = create()
    store.claim('a', 100_000)
    clock.advance(50_000)
    expect(store.claim('a', 1)).toEqual({ fresh: false })
    clock.advance(49_999)
    expect(store.claim('a', 1)).toEqual({ fresh: false })
  })

  it('is not moved by the wall clock: setting it back or ahead revives nothing', () => {
    const { clock, store } = create()
    store.claim('a', 10_000)
    for (const byMs of [3_600_000, -7_200_000]) {
      clock.advanceWall(byMs)
      expect(store.claim('a', 10_000)).toEqual({ fresh: false })
    }
    clock.suspend(86_400_000)
    expect(store.claim('a', 10_000)).toEqual({ fresh: false })
  })

  it('knows nothing of the ids of another store, and says that it is not shared', () => {
    const [one, other] = [create().store, create().store]
    expect(one.claim('a', 1_000).fresh && other.claim('a', 1_000).fresh).toBe(true)
    expect(one.shared).toBe(false)
  })

  it('says nothing of a gap in its memory', () => {
    expect(create().store.claim('a', 1_000)).not.toHaveProperty('memorySinceMs')
  })
})

describe('a full memoryReplayStore', () => {
  it('refuses with 503 instead of forgetting a live id', () => {
    const { store } = create(3)
    for (const id of ['a', 'b', 'c']) store.claim(id, 60_000)
    expect(errorOf(() => store.claim('d', 60_000))).toMatchObject({ reason: 'ERR_STORE_UNAVAILABLE', status: 503 })
    expect(store.size).toBe(3)
    for (const id of ['a', 'b', 'c']) expect(store.claim(id, 60_000)).toEqual({ fresh: false })
  })

  it('takes ids again as soon as a second after old ones have run out', () => {
    const { clock, store } = create(2)
    store.claim('a', 5_000)
    store.claim('b', 60_000)
    clock.advance(7_000)
    expect(store.claim('c', 60_000)).toEqual({ fresh: true })
    expect(store.claim('b', 60_000)).toEqual({ fresh: false })
    expect(errorOf(() => store.claim('d', 60_000)).reason).toBe('ERR_STORE_UNAVAILABLE')
  })

  it('takes an id again whose own time has run out, before anything is swept', () => {
    const { clock, store } = create(1)
    store.claim('a', 100)
    clock.advance(100)
    expect(store.claim('a', 60_000)).toEqual({ fresh: true })
    clock.advance(30_000)
    // The sweep of its first time must not take the second with it.
    expect(store.claim('a', 60_000)).toEqual({ fresh: false })
  })
})

describe('the memory of a memoryReplayStore', () => {
  it('shrinks as ids run out, however irregularly it is asked', () => {
    const { clock, store } = create()
    for (let count = 0; count < 2_000; count++) {
      store.claim(`id-${count}`, 1 + ((count * 7_919) % 60_000))
      clock.advance((count * 31) % 97)
    }
    expect(store.size).toBeLessThan(2_000)
    clock.advance(70_000)
    // A few at a time: what runs out in one second must not block the next request.
    let claims = 0
    for (let before = store.size; before > 1 && claims < 100; claims++) {
      store.claim('last', 1_000)
      expect(before - store.size).toBeLessThanOrEqual(64)
      before = store.size
    }
    expect(store.size).toBe(1)
    expect(claims).toBeLessThan(40)
  })

  it('D13: keeps an id that was claimed again, although its first time is swept later', () => {
    const { clock, store } = create()
    for (let count = 0; count < 300; count++) store.claim(`id-${count}`, 500)
    clock.advance(600)
    for (let count = 0; count < 300; count++) expect(store.claim(`id-${count}`, 60_000)).toEqual({ fresh: true })
    clock.advance(5_000)
    for (let count = 0; count < 300; count++) expect(store.claim(`id-${count}`, 60_000)).toEqual({ fresh: false })
    expect(store.size).toBe(300)
  })

  it('takes ids of any text', () => {
    const { store } = create()
    for (const id of ['', '\u0000', 'é', '💥', '__proto__']) {
      expect([store.claim(id, 1_000), store.claim(id, 1_000)]).toEqual([{ fresh: true }, { fresh: false }])
    }
  })

  it('catches up at once after a month without a request', () => {
    const { clock, store } = create()
    store.claim('a', 1_000)
    clock.advance(30 * 86_400_000)
    expect(store.claim('a', 1_000)).toEqual({ fresh: true })
    expect(store.size).toBe(1)
  })

  it.each([0, -1, 1.5, Number.NaN, Infinity, '10'])('cannot be bounded by %s', (maxEntries) => {
    expect(() => memoryReplayStore({ maxEntries: maxEntries as number })).toThrow(
      new RangeError('memoryReplayStore() wants maxEntries as a whole number of 1 or more'),
    )
  })
})
