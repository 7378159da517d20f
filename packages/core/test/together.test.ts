import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate } from 'node:timers/promises'
import { beforeEach, describe, expect, it } from 'vitest'
import { together } from '../src/together.js'

/** More than come alone before one turn is looked at. */
const MANY = 70

/** Until requests count as coming alone: whoever ran before may have left a crowd. */
async function beAlone(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) {
    await together(() => undefined)
    await setImmediate()
  }
}

/** Until requests count as coming in company. */
async function beCrowded(): Promise<void> {
  for (let request = 0; request < MANY; request++) void together(() => undefined)
  await setImmediate()
}

describe('together', () => {
  beforeEach(beAlone)

  it('waits for nothing where requests come alone, however many of them', async () => {
    for (let request = 0; request < 3 * MANY; request++) {
      expect(together(() => request)).toBe(request)
      await setImmediate()
    }
  })

  it('reads all, judges all, then goes on with all, in order, where several come in one turn', async () => {
    await beCrowded()
    const order: string[] = []
    const all = ['a', 'b', 'c'].map(async (name) => {
      order.push(`reads ${name}`)
      await together(() => order.push(`judges ${name}`))
      order.push(`goes on ${name}`)
    })
    await Promise.all(all)
    expect(order).toEqual(
      ['reads', 'judges', 'goes on'].flatMap((step) => ['a', 'b', 'c'].map((name) => `${step} ${name}`)),
    )
  })

  it('notices a crowd of any size in the turn that it looks at, and its end in the first turn with one request', async () => {
    await beCrowded()
    expect(together(() => 1)).toBeInstanceOf(Promise)
    expect(together(() => 2)).toBeInstanceOf(Promise)
    await setImmediate()
    expect(together(() => 3)).toBeInstanceOf(Promise)
    await setImmediate()
    expect(together(() => 4)).toBe(4)
  })

  it('counts a whole turn, wherever in it a look falls, and however many', async () => {
    // Each round begins three requests later than the one before: after 64 of them, wherever one can.
    for (let round = 0; round < 64; round++) {
      await beAlone()
      for (let request = 0; request < 128; request++) void together(() => undefined)
      await setImmediate()
      expect(together(() => round)).toBeInstanceOf(Promise)
      await setImmediate()
    }
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
})
