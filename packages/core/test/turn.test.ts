import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Maybe } from '../src/maybe.js'
import { atEndOfTurn, together } from '../src/turn.js'
import { beAlone, beCrowded } from './alone.js'

/** More than come alone before one turn is looked at. */
const MANY = 70

function settleAll<T>(all: readonly Maybe<T>[]): Promise<T[]> {
  return Promise.all(all.map((one) => Promise.resolve(one)))
}

function block(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

describe('together', () => {
  beforeEach(beAlone)
  afterEach(beAlone)

  it('waits for nothing where requests come alone, however many of them', async () => {
    for (let request = 0; request < 3 * MANY; request++) {
      expect(together(() => request)).toBe(request)
      await setImmediate()
    }
  })

  it('reads all, judges all, then goes on with all, in order, while several come in one turn', async () => {
    await beCrowded()
    const order: string[] = []
    const all = ['a', 'b', 'c'].map(async (name) => {
      order.push(`reads ${name}`)
      await together(() => order.push(`judges ${name}`))
      order.push(`goes on ${name}`)
    })
    await Promise.all(all)
    const steps = ['reads', 'judges', 'goes on']
    expect(order).toEqual(steps.flatMap((step) => ['a', 'b', 'c'].map((name) => `${step} ${name}`)))
  })

  it('knows a crowd by the others in a turn, two of them as well, and its end by the first turn with one request', async () => {
    await beCrowded()
    expect(together(() => 1)).toBeInstanceOf(Promise)
    expect(together(() => 2)).toBeInstanceOf(Promise)
    await setImmediate()
    expect(together(() => 3)).toBeInstanceOf(Promise)
    await setImmediate()
    expect(together(() => 4)).toBe(4)
  })

  it('notices a crowd whose turns bring 32 requests each, wherever the first of them stands', async () => {
    for (let shift = 0; shift < 8; shift++) {
      for (let request = 0; request < shift; request++) {
        await together(() => undefined)
        await setImmediate()
      }
      let waited: unknown
      for (let turn = 0; turn < 8 && !(waited instanceof Promise); turn++) {
        for (let request = 0; request < 32; request++) waited = together(() => undefined)
        await setImmediate()
      }
      expect(waited).toBeInstanceOf(Promise)
      await beAlone()
    }
  })

  it('invariant 11: lets 64 requests wait for each other and no more, and the next of the turn for those behind them', async () => {
    await beCrowded()
    let judged = 0
    const all: Maybe<number>[] = []
    const send = async (many: number): Promise<void> => {
      for (let request = 0; request < many; request++) all.push(together(() => ++judged))
      for (let microtask = 0; microtask < 10; microtask++) await Promise.resolve()
    }
    await send(63)
    expect(judged).toBe(0)
    await send(1)
    expect(judged).toBe(64)
    await send(1)
    expect(judged).toBe(64)
    await setImmediate()
    expect(judged).toBe(65)
    // What comes in one reading beyond them is judged there.
    expect(Array.from({ length: 100 }, () => together(() => 0)).filter((one) => one === 0)).toHaveLength(36)
    expect(await settleAll(all)).toEqual(Array.from({ length: 65 }, (_, index) => index + 1))
    // The turn brought more than one, although its last batch did not.
    expect(together(() => 0)).toBeInstanceOf(Promise)
  })

  it('keeps the async context of every request, in its judgement and after it', async () => {
    await beCrowded()
    const storage = new AsyncLocalStorage<string>()
    const seen = await Promise.all(
      ['a', 'b', 'c'].map((name) =>
        storage.run(name, async () => [await together(() => storage.getStore()), storage.getStore()]),
      ),
    )
    expect(seen).toEqual(['a', 'b', 'c'].map((name) => [name, name]))
  })

  it('gives what is awaited, and rejects with what is thrown; the next one is judged all the same', async () => {
    await beCrowded()
    const broken = together(() => {
      throw new Error('mine')
    })
    const later = together(async () => 7)
    await expect(broken).rejects.toThrow('mine')
    expect(await later).toBe(7)
  })

  it('has long work that a judgement asks for done in the same turn, after everybody was answered', async () => {
    await beCrowded()
    const order: string[] = []
    const all = ['new', 'known'].map(async (name) => {
      await together(() => (name === 'new' ? atEndOfTurn(() => order.push('works')) : undefined))
      order.push(`answers ${name}`)
    })
    const next = setImmediate().then(() => order.push('the next turn'))
    await Promise.all([...all, next])
    expect(order).toEqual(['answers known', 'works', 'answers new', 'the next turn'])
  })

  it('answers those who are known before the long work of others goes on', async () => {
    await beCrowded()
    let works = 0
    const long = Array.from({ length: 20 }, () => atEndOfTurn(() => (block(3), works++)))
    await setImmediate()
    for (let turn = 0; turn < 3; turn++) {
      const before = works
      const known = [together(() => works), together(() => works)]
      expect(await settleAll(known)).toEqual([before, before])
      await setImmediate()
    }
    expect(works).toBeLessThan(20)
    await settleAll(long)
  })
})

describe('atEndOfTurn', () => {
  it('does the work of a turn together, in order, and nothing of it at once', async () => {
    const order: string[] = []
    const all = ['a', 'b', 'c'].map(async (name) => {
      await atEndOfTurn(() => order.push(`works ${name}`))
      order.push(`goes on ${name}`)
    })
    order.push('the turn ends')
    await Promise.all(all)
    const works = ['works a', 'works b', 'works c', 'goes on a', 'goes on b', 'goes on c']
    expect(order).toEqual(['the turn ends', ...works])
  })

  it('gives what the work gives, and rejects with what it throws; the next one is done all the same', async () => {
    const broken = atEndOfTurn((): number => {
      throw new Error('mine')
    })
    const whole = atEndOfTurn(() => 7)
    await expect(broken).rejects.toThrow('mine')
    expect(await whole).toBe(7)
  })

  it('invariant 11: lets others in after some milliseconds, however many wait', async () => {
    const order: number[] = []
    const all = Array.from({ length: 12 }, async (_, index) => {
      await atEndOfTurn(() => block(3))
      order.push(index)
    })
    const turns: number[] = []
    while (order.length < all.length) {
      await setImmediate()
      turns.push(order.length)
    }
    await Promise.all(all)
    expect(order).toEqual(Array.from({ length: 12 }, (_, index) => index))
    // Two of them in each slice of 5 ms; more only where this machine stood still.
    expect(turns.length).toBeGreaterThanOrEqual(4)
  })

  it('invariant 11: does at once what there is no room for, so that who sends too much has to wait', async () => {
    let done = 0
    const all = Array.from({ length: 1_200 }, () => atEndOfTurn(() => done++))
    expect(done).toBe(200)
    await settleAll(all)
    expect(done).toBe(1_200)
  })
})
