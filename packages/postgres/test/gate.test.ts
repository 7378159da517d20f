import type { Logger } from '@countersign/core'
import { beforeEach, describe, expect, it } from 'vitest'
import { createGate } from '../src/gate.js'

const waitMs = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

describe('what the logger hears of a database', () => {
  let lines: unknown[][]
  const logger: Logger = {
    debug() {},
    info: (...line) => void lines.push(line),
    warn: (...line) => void lines.push(line),
    error() {},
  }
  beforeEach(() => void (lines = []))

  it('is nothing, where an answer came in time while this process was busy', async () => {
    const { run } = createGate(20, logger)
    const answer = run(() => new Promise((resolve) => setTimeout(() => setImmediate(resolve, 'here'), 1)))
    const busyUntil = performance.now() + 60
    while (performance.now() < busyUntil);
    expect(await answer).toBe('here')
    await waitMs(5)
    expect(lines).toEqual([])
  })

  it('is that it is away, once, where every answer comes too late, and that it is back with the first in time', async () => {
    const { run } = createGate(10, logger)
    for (let count = 0; count < 3; count++) {
      const refused = run(() => waitMs(30))
      await expect(refused).rejects.toMatchObject({ status: 503, detail: { failure: 'no answer in 10 ms' } })
      await waitMs(40)
    }
    expect(lines).toEqual([['PostgreSQL counts as away', { failure: 'no answer in 10 ms' }]])
    expect(await run(() => Promise.resolve('here'))).toBe('here')
    expect(lines.slice(1)).toEqual([['PostgreSQL answers again']])
  })

  it('is why a query failed', async () => {
    const { run } = createGate(1_000, logger)
    const refused = run(() => Promise.reject(Object.assign(new Error('at alice'), { code: '57P01' })))
    await expect(refused).rejects.toMatchObject({ reason: 'ERR_STORE_UNAVAILABLE', detail: { failure: '57P01' } })
    expect(lines).toEqual([['PostgreSQL counts as away', { failure: '57P01' }]])
  })
})
