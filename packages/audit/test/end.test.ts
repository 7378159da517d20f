import { createAuditTrail } from '@countersign/audit'
import { CHANNELS } from '@countersign/core'
import type { AuditEntry } from '@countersign/core'
import { generateKeyPairSync } from 'node:crypto'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
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

  it.each([Infinity, 2 ** 31, Number.MAX_VALUE, NaN, 'SIGTERM', null, {}])(
    'waits for what it is to write, told %s for a deadline',
    async (deadlineMs) => {
      const sink = createTestSink()
      const trail = createAuditTrail(toOptions([sink]))
      await trail.record(exchange)
      sink.behaviour = { afterMs: 100 }
      await trail.record(denial)
      await expect(trail.close(deadlineMs as number)).resolves.toEqual({ drained: true, lost: 0 })
    },
  )

  it.each([0, -1, -Infinity])('waits for nothing, told %s', async (deadlineMs) => {
    const sink = createTestSink()
    sink.behaviour = 'hang'
    const trail = createAuditTrail(toOptions([sink]))
    await trail.ready()
    const startMs = performance.now()
    await expect(trail.close(deadlineMs)).resolves.toMatchObject({ drained: false })
    expect(performance.now() - startMs).toBeLessThan(2_500)
  })

  it('says which sink did not close, and why, in one word', async () => {
    const warn = vi.fn()
    const sink = createTestSink('disk')
    sink.close = () => Promise.reject(Object.assign(new Error('/var/log/audit'), { code: 'EIO' }))
    const trail = createAuditTrail(toOptions([sink], { logger: { debug() {}, info() {}, error() {}, warn } }))
    await expect(trail.close()).resolves.toEqual({ drained: true, lost: 0 })
    expect(warn).toHaveBeenCalledExactlyOnceWith('An audit sink did not close', { sink: 'disk', failure: 'EIO' })
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

describe('what comes once close() was called', () => {
  const acceptance: AuditEntry = { type: 'authn.success', outcome: 'success' }

  it('is counted as lost, published, and logged once with what to do about it', async () => {
    const published: unknown[] = []
    const listener = (event: unknown): void => void published.push(event)
    const warn = vi.fn()
    const logger = { debug() {}, info() {}, error() {}, warn }
    const trail = createAuditTrail(toOptions([createTestSink()], { logger }))
    await expect(trail.close()).resolves.toEqual({ drained: true, lost: 0 })
    subscribe(CHANNELS.audit, listener)
    onTestFinished(() => void unsubscribe(CHANNELS.audit, listener))
    const toEntry = vi.fn(() => acceptance)
    await trail.record(denial)
    await trail.record(strangersDenial)
    trail.defer?.(toEntry)
    expect(trail.health().lost).toBe(3)
    expect(published).toEqual([1, 2, 3].map(() => ({ type: 'lost', sink: undefined, count: 1 })))
    expect(toEntry).not.toHaveBeenCalled()
    expect(warn).toHaveBeenCalledExactlyOnceWith('Audit events come after close(), and are lost', {
      fix: 'Stop serving first, as closeOnSignals(trail, { before }) does; health().lost counts them.',
    })
  })

  it('is no loss where something waits for it: it is refused, and does not happen', async () => {
    const trail = createAuditTrail(toOptions([createTestSink()]))
    await trail.close()
    await expect(trail.record(exchange)).rejects.toMatchObject({ reason: 'ERR_AUDIT_CLOSED' })
    expect(trail.health()).toMatchObject({ ok: false, lost: 0 })
  })

  it('is told by the trail itself, as long as that does not end', async () => {
    const sink = createTestSink()
    const trail = createAuditTrail(toOptions([sink]))
    await trail.record(exchange)
    sink.behaviour = { afterMs: 100 }
    await trail.record(denial)
    const closing = trail.close()
    await until(() => trail.health().sinks[0]?.queuedEvents === 1)
    await trail.record(denial)
    trail.defer?.(() => acceptance)
    await expect(closing).resolves.toEqual({ drained: true, lost: 2 })
    expect(sink.events.slice(-2)).toMatchObject([
      { type: 'audit.gap', gap: { from: 4, to: 5, count: 2 }, chain: { seq: 6 } },
      { type: 'service.stopped', chain: { seq: 7 } },
    ])
    expect(trail.health().lost).toBe(2)
  })

  it('is in what close() comes to, where the trail has ended and its sinks are not closed yet', async () => {
    const sink = createTestSink()
    sink.close = () => new Promise((resolve) => setTimeout(resolve, 200))
    const trail = createAuditTrail(toOptions([sink]))
    const closing = trail.close()
    await until(() => sink.types.includes('service.stopped'))
    await trail.record(denial)
    await expect(closing).resolves.toEqual({ drained: true, lost: 1 })
    expect(trail.health()).toMatchObject({ lost: 1, seq: 2 })
  })

  it('is counted where the stream had not begun, once', async () => {
    const sink = createTestSink()
    sink.readHead = () => new Promise(() => {})
    const trail = createAuditTrail(toOptions([sink], { required: { timeoutMs: 100 } }))
    const closing = trail.close()
    await trail.record(denial)
    expect(trail.health().lost).toBe(1)
    await expect(closing).resolves.toEqual({ drained: true, lost: 1 })
    expect(sink.types).toEqual(['service.started', 'audit.gap', 'service.stopped'])
  })

  it('does not keep the trail from ending, however long it goes on', async () => {
    const sink = createTestSink()
    sink.behaviour = { afterMs: 5 }
    const trail = createAuditTrail(toOptions([sink]))
    await trail.record(exchange)
    await trail.record(denial)
    const serving = setInterval(() => void trail.record(denial), 1)
    onTestFinished(() => clearInterval(serving))
    const startMs = performance.now()
    await expect(trail.close(20_000)).resolves.toMatchObject({ drained: true })
    expect(performance.now() - startMs).toBeLessThan(4_000)
    expect(sink.types.filter((type) => type === 'audit.gap').length).toBeLessThan(2)
    expect(sink.types.at(-1)).toBe('service.stopped')
  })
})
