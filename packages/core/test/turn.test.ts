import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { atEndOfTurn } from '../src/turn.js'

function block(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

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
    const broken = atEndOfTurn(() => {
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

  it('invariant 11: holds back whoever sends, where more wait than there is room for', async () => {
    let done = 0
    const all = Array.from({ length: 1_200 }, () => atEndOfTurn(() => (block(0.05), done++)))
    await setImmediate()
    // In its 5 ms it would come to a hundred.
    expect(done).toBeGreaterThanOrEqual(200)
    expect(done).toBeLessThan(1_200)
    await Promise.all(all)
    expect(done).toBe(1_200)
  })
})
