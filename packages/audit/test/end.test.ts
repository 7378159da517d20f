import { createAuditTrail } from '@countersign/audit'
import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createTestSink, denial, exchange, strangersDenial, toOptions, until } from './doubles.js'

describe('what close() says was lost', () => {
  it('is what no sink had taken as the deadline passed: service.started, 50 denials, the failure, service.stopped', async () => {
    const sink = createTestSink('down')
    sink.behaviour = { code: 'EIO' }
    const trail = createAuditTrail(toOptions([sink]))
    await trail.ready()
    for (let index = 0; index < 50; index++) await trail.record(denial)
    await expect(trail.close(100)).resolves.toEqual({ drained: false, lost: 53 })
    expect(sink.events).toEqual([])
  })

  it('has each event once, however many sinks never got it', async () => {
    const [good, first, second] = [createTestSink('good'), createTestSink('first'), createTestSink('second')]
    const { privateKey } = generateKeyPairSync('ed25519')
    const kept = createTestSink('checkpoints')
    const checkpoints = { key: privateKey, sink: kept }
    const queue = { maxEvents: 16 }
    const trail = createAuditTrail(toOptions([good], { bestEffort: [first, second], checkpoints, queue }))
    await trail.ready()
    await until(() => good.types.includes('service.started'))
    for (const sink of [first, second, kept]) sink.behaviour = 'hang'
    for (let index = 0; index < 40; index++) {
      await trail.record(denial)
      await new Promise(setImmediate)
    }
    // The good one has every number there is; of the others each lacks some for want of room, and some that still wait.
    const { lost } = await trail.close(100)
    expect(trail.health().lost).toBe(0)
    const lacking = good.events.filter(({ id }) =>
      [first, second].some(({ events }) => !events.some((e) => e.id === id)),
    )
    expect(trail.health().sinks[1]?.lost).toBeGreaterThan(0)
    expect(trail.health().sinks[1]?.queuedEvents).toBeGreaterThan(0)
    expect(lost).toBe(lacking.length)
  })

  it('is what was held and what found no room, where the stream never began', async () => {
    const sink = createTestSink()
    sink.readHead = () => Promise.reject(new Error('away'))
    const trail = createAuditTrail(toOptions([sink], { queue: { maxEvents: 16 } }))
    for (let index = 0; index < 20; index++) await trail.record(denial)
    expect(trail.health().lost).toBe(8)
    await expect(trail.close(50)).resolves.toEqual({ drained: false, lost: 20 })
    expect(trail.health().lost).toBe(20)
  })

  it('has nothing of what a sink took while it was being closed', async () => {
    const sink = createTestSink()
    const trail = createAuditTrail(toOptions([sink]))
    await trail.record(exchange)
    sink.behaviour = { afterMs: 300 }
    sink.close = () => new Promise((resolve) => setTimeout(resolve, 450))
    await trail.record(denial)
    // What comes to an end after the deadline is the denial; service.stopped is not begun any more.
    await expect(trail.close(200)).resolves.toEqual({ drained: false, lost: 1 })
    expect(sink.types).toEqual(['service.started', 'token.exchange', 'authz.denied'])
  })

  it('has refusals that were counted, and that nobody could be told of', async () => {
    const sink = createTestSink()
    const options = { denials: { burst: 1, perSecond: 1 }, queue: { maxEvents: 16 } }
    const trail = createAuditTrail(toOptions([sink], options))
    await trail.ready()
    await until(() => sink.types.includes('service.started'))
    sink.behaviour = 'hang'
    for (let index = 0; index < 12; index++) await trail.record(denial)
    trail.health()
    for (let index = 0; index < 5; index++) await trail.record(strangersDenial)
    const { lost } = await trail.close(50)
    const { counted, lost: without } = trail.health()
    expect(counted).toBeGreaterThan(0)
    expect(lost).toBe(without + counted + (trail.health().sinks[0]?.queuedEvents ?? 0))
  })
})

describe('close()', () => {
  it('tells the refusals that it counts while it takes what was deferred', async () => {
    const sink = createTestSink()
    const trail = createAuditTrail(toOptions([sink], { denials: { burst: 1, perSecond: 1 } }))
    await trail.ready()
    for (let index = 0; index < 5; index++) trail.defer?.(() => strangersDenial)
    await expect(trail.close()).resolves.toEqual({ drained: true, lost: 0 })
    expect(sink.events.map(({ type, counted }) => [type, counted?.count])).toEqual([
      ['service.started', undefined],
      ['authn.failure', undefined],
      ['authn.failure', 4],
      ['service.stopped', undefined],
    ])
  })

  it('ends the trail once: whoever else calls it hears the same', async () => {
    const sink = createTestSink()
    const trail = createAuditTrail(toOptions([sink]))
    await trail.record(denial)
    const ends = await Promise.all([trail.close(), trail.close()])
    expect(ends).toEqual([
      { drained: true, lost: 0 },
      { drained: true, lost: 0 },
    ])
    await expect(trail.close()).resolves.toEqual({ drained: true, lost: 0 })
    expect(sink.types.filter((type) => type === 'service.stopped')).toHaveLength(1)
    expect(trail.health().lost).toBe(0)
  })
})
