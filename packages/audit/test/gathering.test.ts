import { createAuditTrail } from '@countersign/audit'
import type { AuditTrailOptions } from '@countersign/audit'
import type { AuditEntry } from '@countersign/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createTestSink, denial, exchange, strangersDenial, toOptions } from './doubles.js'

/** Turns of the event loop in which anything that is due at once has happened. */
async function turn(): Promise<void> {
  for (let round = 0; round < 10; round++) await new Promise(setImmediate)
}

// No timer comes to its end unless a test says so: what happens between was not waited for.
describe('what nothing waits for', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
  afterEach(() => void vi.useRealTimers())

  async function begin(maxEvents = 8_192, runtime: AuditTrailOptions['runtime'] = {}) {
    const sink = createTestSink()
    const trail = createAuditTrail(toOptions([sink], { queue: { maxEvents }, runtime }))
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

  it('goes at once where there are 64', async () => {
    const { sink, trail } = await begin()
    for (let event = 0; event < 150; event++) {
      await trail.record(denial)
      await turn()
    }
    expect(sink.batches).toEqual([64, 64])
    await trail.close()
  })

  it('goes at once where it would take an eighth of a queue, and none is lost', async () => {
    const { sink, trail } = await begin(32)
    for (let event = 0; event < 60; event++) {
      await trail.record(denial)
      await turn()
    }
    expect(sink.batches).toEqual(Array.from({ length: 15 }, () => 4))
    expect(trail.health().lost).toBe(0)
    await trail.close()
  })

  it('has its number and its place in a queue for whoever asks for the health', async () => {
    const { trail } = await begin()
    const { seq } = trail.health()
    await trail.record(denial)
    expect(trail.health()).toMatchObject({ seq: seq + 1, sinks: [{ queuedEvents: 1 }] })
    await trail.close()
  })

  it('is written at once as the trail closes', async () => {
    const { sink, trail } = await begin()
    await trail.record(denial)
    await turn()
    await expect(trail.close()).resolves.toEqual({ drained: true, lost: 0 })
    expect(sink.types.slice(-2)).toEqual(['authz.denied', 'service.stopped'])
  })

  describe('and is deferred', () => {
    const acceptance: AuditEntry = {
      type: 'authn.success',
      outcome: 'success',
      subject: { iss: 'https://login.example', sub: 'alice' },
      sampled: { rate: 0.01 },
    }

    it('is made as it is written, in its order, and has the time at which it was given', async () => {
      let nowMs = 1_700_000_000_000
      const { sink, trail } = await begin(8_192, { now: () => nowMs, monotonicNow: () => nowMs })
      const toEntry = vi.fn(() => acceptance)
      trail.defer?.(toEntry)
      nowMs += 20
      await trail.record(denial)
      nowMs += 20
      trail.defer?.(toEntry)
      await turn()
      expect(toEntry).not.toHaveBeenCalled()
      await vi.advanceTimersByTimeAsync(50)
      await turn()
      expect(toEntry).toHaveBeenCalledTimes(2)
      expect(sink.batches).toEqual([3])
      const told = sink.events.slice(-3)
      expect(told.map(({ type, time }) => [type, Date.parse(time) - 1_700_000_000_000])).toEqual([
        ['authn.success', 0],
        ['authz.denied', 20],
        ['authn.success', 40],
      ])
      // An id sorts by when it was made, and is never given twice.
      expect(new Set(sink.events.map(({ id }) => id)).size).toBe(sink.events.length)
      await trail.close()
    })

    it('is neither lost nor doubled where making it records something', async () => {
      const { sink, trail } = await begin()
      trail.defer?.(() => {
        void trail.record({ ...exchange, txn: 'inner' })
        return acceptance
      })
      trail.defer?.(() => acceptance)
      await trail.record({ ...exchange, txn: 'outer' })
      await turn()
      const told = sink.events.slice(-4).map(({ type, txn }) => txn ?? type)
      expect(told).toEqual(['authn.success', 'inner', 'authn.success', 'outer'])
      await trail.close()
    })

    it('is a gap that is told, where it cannot be made', async () => {
      const { sink, trail } = await begin()
      trail.defer?.(() => {
        throw new Error('no')
      })
      trail.defer?.(() => ({ type: 'no.such', outcome: 'success' }) as unknown as AuditEntry)
      await trail.record(exchange)
      await turn()
      await expect(trail.close()).resolves.toEqual({ drained: true, lost: 2 })
      const gaps = sink.events.flatMap(({ gap }) => (gap === undefined ? [] : [gap.count]))
      expect(gaps).toEqual([2])
    })

    it('is counted as refusals of strangers are, and left out as the rate has it', async () => {
      const sink = createTestSink()
      const options = { denials: { burst: 1 }, sampling: { 'authn.success': 0 } }
      const trail = createAuditTrail(toOptions([sink], options))
      await trail.ready()
      for (let event = 0; event < 5; event++) trail.defer?.(() => strangersDenial)
      trail.defer?.(() => ({ ...acceptance, sampled: undefined }))
      await trail.record(exchange)
      expect(sink.types.filter((type) => type === 'authn.failure')).toHaveLength(1)
      expect(sink.types).not.toContain('authn.success')
      expect(trail.health().counted).toBe(4)
      await trail.close()
    })

    it('is not asked for once the trail is closed, and is written if it was given before', async () => {
      const { sink, trail } = await begin()
      trail.defer?.(() => acceptance)
      await trail.close()
      const late = vi.fn(() => acceptance)
      trail.defer?.(late)
      await vi.advanceTimersByTimeAsync(1_000)
      expect(late).not.toHaveBeenCalled()
      expect(sink.types.slice(-2)).toEqual(['authn.success', 'service.stopped'])
    })

    it('is held before the stream begins', async () => {
      const sink = createTestSink()
      const trail = createAuditTrail(toOptions([sink]))
      trail.defer?.(() => acceptance)
      trail.defer?.(() => {
        throw new Error('no')
      })
      await trail.ready()
      await expect(trail.close()).resolves.toEqual({ drained: true, lost: 1 })
      expect(sink.types.filter((type) => type !== 'audit.gap')).toEqual([
        'service.started',
        'authn.success',
        'service.stopped',
      ])
    })
  })
})
