import { createAuditTrail } from '@countersign/audit'
import { describe, expect, it } from 'vitest'
import { createTestSink, exchange, toOptions, until } from './doubles.js'

describe('5.3.5 a sink that is always a little late', () => {
  it('feeds nothing to itself, and works as soon as it is in time', async () => {
    const sink = createTestSink()
    const trail = createAuditTrail(toOptions([sink], { required: { timeoutMs: 50 } }))
    await trail.ready()
    sink.behaviour = { afterMs: 80 }
    await expect(trail.record(exchange)).rejects.toMatchObject({ status: 503 })
    await new Promise((resolve) => setTimeout(resolve, 600))
    const words = (): readonly string[] => sink.types.filter((type) => type.startsWith('audit.sink_'))
    expect(words()).toEqual(['audit.sink_failed', 'audit.sink_recovered'])
    expect(trail.health()).toMatchObject({ ok: true, sinks: [{ state: 'up', lastFailure: 'LATE' }] })

    sink.behaviour = 'keep'
    await expect(trail.record(exchange)).resolves.toBeUndefined()
    expect(words()).toHaveLength(2)
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
