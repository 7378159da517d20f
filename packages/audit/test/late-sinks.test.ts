import { createAuditTrail } from '@countersign/audit'
import { describe, expect, it } from 'vitest'
import { createTestSink, exchange, toOptions, until } from './doubles.js'

describe('5.3.5 a sink that is always a little late', () => {
  it('has failed until it is in time, and feeds nothing to itself', async () => {
    const sink = createTestSink()
    const trail = createAuditTrail(toOptions([sink], { required: { timeoutMs: 50 } }))
    await trail.ready()
    sink.behaviour = { afterMs: 80 }
    await expect(trail.record(exchange)).rejects.toMatchObject({ status: 503 })
    await until(() => sink.types.includes('audit.sink_failed'))
    const { seq } = trail.health()
    await new Promise((resolve) => setTimeout(resolve, 400))
    expect(trail.health()).toMatchObject({ ok: false, seq, sinks: [{ state: 'failed', lastFailure: 'LATE' }] })
    await expect(trail.record(exchange)).rejects.toMatchObject({ status: 503 })
    expect(trail.health().seq).toBe(seq)

    // Nothing is recorded meanwhile: it is asked again all the same.
    sink.behaviour = 'keep'
    await until(() => trail.health().ok)
    await until(() => sink.types.includes('audit.sink_recovered'))
    await expect(trail.record(exchange)).resolves.toBeUndefined()
    const words = new Map(sink.events.map(({ chain, type }) => [chain.seq, type]))
    expect([...words.values()].filter((type) => type.startsWith('audit.sink_'))).toEqual([
      'audit.sink_failed',
      'audit.sink_recovered',
    ])
    await expect(trail.close()).resolves.toEqual({ drained: true, lost: 0 })
  })

  it('is told of once it is late with more than word of sinks', async () => {
    const [good, bad] = [createTestSink('good'), createTestSink('bad')]
    const trail = createAuditTrail(toOptions([good, bad], { required: { timeoutMs: 50 } }))
    await trail.ready()
    const write = bad.write.bind(bad)
    bad.write = async (batch, more) => {
      bad.behaviour = batch.every(({ type }) => type === 'audit.sink_recovered') ? { afterMs: 80 } : bad.behaviour
      await write(batch, more)
    }
    const states = (): readonly (string | undefined)[] =>
      good.events
        .filter(({ type }) => type.startsWith('audit.sink_'))
        .map(({ type }) => type.slice('audit.sink_'.length))
    bad.behaviour = { afterMs: 80 }
    await trail.record(exchange)
    await until(() => trail.health().sinks[1]?.state === 'failed')
    bad.behaviour = 'keep'
    await until(() => trail.health().sinks[1]?.state === 'up')
    await until(() => trail.health().sinks[1]?.state === 'failed')
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(states()).toEqual(['failed', 'recovered'])
    await trail.record(exchange)
    await until(() => states().length > 2)
    expect(states()).toEqual(['failed', 'recovered', 'failed'])
    await trail.close()
  })
})
