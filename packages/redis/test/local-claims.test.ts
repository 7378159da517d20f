import { describe, expect, it } from 'vitest'
import { createLocalClaims } from '../src/local-claims.js'
import type { LocalClaims } from '../src/local-claims.js'

describe('ids that were taken without Redis', () => {
  const open = (): { readonly clock: { nowMs: number }; readonly claims: LocalClaims } => {
    const clock = { nowMs: 0 }
    return { clock, claims: createLocalClaims(() => clock.nowMs) }
  }

  it('are told once, those that may still be sent', () => {
    const { clock, claims } = open()
    claims.add({ id: 'short', endsAtMs: 1_000 })
    claims.add({ id: 'long', endsAtMs: 60_000 })
    clock.nowMs = 1_000
    expect(claims.take()).toEqual([{ id: 'long', endsAtMs: 60_000 }])
    expect([claims.take(), claims.added, claims.size]).toEqual([[], 0, 0])
  })

  it('are forgotten as they run out, a few with each new one, and counted all the same', () => {
    const { clock, claims } = open()
    let most = 0
    for (let index = 0; index < 100_000; index++) {
      clock.nowMs = index
      // A thousand live at any time, or twice as many.
      claims.add({ id: `${index}`, endsAtMs: index + (index % 2 === 0 ? 1_000 : 2_000) })
      most = Math.max(most, claims.size)
    }
    expect(most).toBeLessThan(3_000)
    expect(claims.added).toBe(100_000)
    const told = claims.take().map(({ id }) => Number(id))
    const live = Array.from({ length: 2_000 }, (_, index) => 98_000 + index).filter(
      (index) => index + (index % 2 === 0 ? 1_000 : 2_000) > 99_999,
    )
    expect(told.toSorted((left, right) => left - right)).toEqual(live)
  })
})
