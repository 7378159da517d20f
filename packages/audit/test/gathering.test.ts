import { createAuditTrail } from '@countersign/audit'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createTestSink, denial, exchange, toOptions } from './doubles.js'

/** Turns of the event loop in which anything that is due at once has happened. */
async function turn(): Promise<void> {
  for (let round = 0; round < 10; round++) await new Promise(setImmediate)
}

// No timer comes to its end unless a test says so: what happens between was not waited for.
describe('what nothing waits for', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
  afterEach(() => void vi.useRealTimers())

  async function begin(maxEvents = 8_192) {
    const sink = createTestSink()
    const trail = createAuditTrail(toOptions([sink], { queue: { maxEvents } }))
    await trail.ready()
    await trail.record(exchange)
    await turn()
    sink.batches.length = 0
    return { sink, trail }
  }

  it('comes together for 50 ms, and is then one batch', async () => {
    const { sink, trail } = await begin()
    for (let event = 0; event < 5; event++) {
      await trail.record(denial)
      await vi.advanceTimersByTimeAsync(9)
      await turn()
    }
    expect(sink.batches).toEqual([])
    await vi.advanceTimersByTimeAsync(5)
    await turn()
    expect(sink.batches).toEqual([5])
    await trail.close()
  })

  it('goes at once with the first event that something waits for, before it', async () => {
    const { sink, trail } = await begin()
    await trail.record(denial)
    await turn()
    expect(sink.batches).toEqual([])
    await trail.record(exchange)
    expect(sink.batches).toEqual([2])
    expect(sink.types.slice(-2)).toEqual(['authz.denied', 'token.exchange'])
    await trail.close()
  })

  it('goes at once where it fills a batch', async () => {
    const { sink, trail } = await begin()
    for (let event = 0; event < 1_024; event++) await trail.record(denial)
    await turn()
    expect(sink.batches).toEqual([1_024])
    await trail.close()
  })

  it('goes at once where half of the room is taken, and none is lost', async () => {
    const { sink, trail } = await begin(32)
    for (let event = 0; event < 60; event++) {
      await trail.record(denial)
      await turn()
    }
    expect(trail.health().lost).toBe(0)
    expect(Math.min(...sink.batches)).toBeGreaterThan(10)
    await trail.close()
  })

  it('is written at once as the trail closes', async () => {
    const { sink, trail } = await begin()
    await trail.record(denial)
    await turn()
    await expect(trail.close()).resolves.toEqual({ drained: true, lost: 0 })
    expect(sink.types.slice(-2)).toEqual(['authz.denied', 'service.stopped'])
  })
})
