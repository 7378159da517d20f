import { createAuditTrail } from '@countersign/audit'
import { generateKeyPairSync } from 'node:crypto'
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

  it('is told of where it hangs with word of sinks, and anything else waits behind', async () => {
    const [good, bad] = [createTestSink('good'), createTestSink('bad')]
    const trail = createAuditTrail(toOptions([good, bad], { required: { timeoutMs: 50, quorum: 1 } }))
    await trail.ready()
    const words = (): readonly string[] => good.types.filter((type) => type.startsWith('audit.sink_'))
    const write = bad.write.bind(bad)
    bad.write = async (batch, more) => {
      if (batch.some(({ type }) => type.startsWith('audit.sink_'))) bad.behaviour = 'hang'
      await write(batch, more)
    }
    bad.behaviour = { afterMs: 80 }
    await trail.record(exchange)
    await until(() => words().length === 2)
    await until(() => trail.health().sinks[1]?.state === 'failed')
    await trail.record(exchange)
    // A write that hangs is given up after 5 s, and tried again.
    await new Promise((resolve) => setTimeout(resolve, 5_000))
    await until(() => words().length === 3)
    expect(words()).toEqual(['audit.sink_failed', 'audit.sink_recovered', 'audit.sink_failed'])
    await trail.close(10)
  }, 60_000)

  it('gets no checkpoint because of the last one', async () => {
    const sink = createTestSink()
    const { privateKey } = generateKeyPairSync('ed25519')
    const checkpoints = { key: privateKey, sink: createTestSink('anchors'), everySeconds: 1 }
    const trail = createAuditTrail(toOptions([sink], { checkpoints, required: { timeoutMs: 50 } }))
    await trail.record(exchange)
    sink.behaviour = { afterMs: 80 }
    await until(() => sink.types.includes('audit.checkpoint'))
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    expect(sink.types).toEqual(['service.started', 'token.exchange', 'audit.checkpoint'])
    await trail.close()
  })
})
