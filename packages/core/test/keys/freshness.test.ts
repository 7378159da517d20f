import { describe, expect, it } from 'vitest'
import { toBackoffMs } from '../../src/keys/backoff.js'
import { toLifetimeMs } from '../../src/keys/freshness.js'

const rules = { minAgeMs: 60_000, defaultAgeMs: 300_000, maxAgeMs: 3_600_000, cooldownMs: 5_000, maxStaleMs: 3_600_000 }

function toLifetime(cacheControl: string | undefined, age?: string): number {
  const headers: Readonly<Record<string, string | undefined>> = { 'cache-control': cacheControl, age }
  return toLifetimeMs((name) => headers[name], rules)
}

describe('C.3 rule 6: lifetime by Cache-Control, within floor and ceiling', () => {
  it.each([
    ['max-age=600', undefined, 600_000],
    ['public, max-age=600, must-revalidate', undefined, 600_000],
    ['MAX-AGE="600"', undefined, 600_000],
    ['max-age=600', '540', 60_000],
    ['max-age=600', '100', 500_000],
    ['max-age=600', '700', 60_000],
    ['max-age=600', '-5', 600_000],
    ['max-age=600', 'soon', 600_000],
    ['max-age=0', undefined, 60_000],
    ['max-age=1', undefined, 60_000],
    ['max-age=86400', undefined, 3_600_000],
    ['max-age=99999999999999', undefined, 300_000],
    ['no-store', undefined, 60_000],
    ['no-cache, max-age=600', undefined, 60_000],
    ['max-age=600, No-Cache="set-cookie"', undefined, 60_000],
    ['s-maxage=600', undefined, 300_000],
    ['x-max-age=600', undefined, 300_000],
    ['max-age=-600', undefined, 300_000],
    ['max-age=600s', undefined, 300_000],
    ['public', undefined, 300_000],
    ['', '100', 300_000],
    [undefined, undefined, 300_000],
  ])('reads %j with Age %j as %i ms', (cacheControl, age, lifetimeMs) => {
    expect(toLifetime(cacheControl, age)).toBe(lifetimeMs)
  })
})

describe('section 4: backoff with jitter', () => {
  it('grows from 1 to 60 seconds, and leaves out up to half of it at random', () => {
    const range = (failures: number): number[] => [toBackoffMs(failures, () => 0), toBackoffMs(failures, () => 1)]
    expect([1, 2, 3, 4, 5, 6, 7, 1_000].map(range)).toEqual([
      [1_000, 2_000],
      [2_000, 4_000],
      [4_000, 8_000],
      [8_000, 16_000],
      [16_000, 32_000],
      [30_000, 60_000],
      [30_000, 60_000],
      [30_000, 60_000],
    ])
  })

  it('is not the same twice', () => {
    expect(new Set(Array.from({ length: 20 }, () => toBackoffMs(3))).size).toBeGreaterThan(10)
  })
})
