import { createAuditTrail } from '@countersign/audit'
import type { AuditTrailOptions } from '@countersign/audit'
import { UpstreamError } from '@countersign/core'
import { describe, expect, it } from 'vitest'
import { createTestSink, denial, exchange, strangersDenial, toOptions as toPatientOptions, until } from './doubles.js'

/** Nobody waits longer than 100 ms, unless a test says so. */
function toOptions(...[sinks, more = {}]: Parameters<typeof toPatientOptions>): AuditTrailOptions {
  return toPatientOptions(sinks, { ...more, required: { timeoutMs: 100, ...more.required } })
}

describe('5.3.1 write-ahead', () => {
  it.each(['token.exchange', 'token.grant', 'key.published', 'key.activated', 'key.revoked', 'trust.changed'] as const)(
    '%s is in a required sink once record has resolved',
    async (type) => {
      const sink = createTestSink()
      sink.behaviour = { afterMs: 20 }
      const trail = createAuditTrail(toOptions([sink]))
      await trail.record({ ...exchange, type })
      expect(sink.types).toContain(type)
      await trail.close()
    },
  )

  it('waits for as many sinks as the quorum says', async () => {
    const [fast, slow] = [createTestSink('fast'), createTestSink('slow')]
    slow.behaviour = { afterMs: 40 }
    const trail = createAuditTrail(toOptions([fast, slow], { required: { quorum: 2 } }))
    await trail.record(exchange)
    expect(slow.types).toContain('token.exchange')
    await trail.close()
  })

  it('waits for one of two where the quorum is one', async () => {
    const [fast, slow] = [createTestSink('fast'), createTestSink('slow')]
    slow.behaviour = 'hang'
    const trail = createAuditTrail(toOptions([fast, slow]))
    await trail.record(exchange)
    expect(fast.types).toContain('token.exchange')
    expect(slow.types).toEqual([])
    await trail.close(50)
  })

  it('rejects with 503 where no required sink can keep it', async () => {
    const sink = createTestSink()
    sink.behaviour = { code: 'EIO' }
    const trail = createAuditTrail(toOptions([sink]))
    const error: unknown = await trail.record(exchange).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(UpstreamError)
    expect(error).toMatchObject({ status: 503, reason: 'ERR_AUDIT_UNAVAILABLE', headers: { 'Retry-After': '1' } })
    await trail.close(50)
  })

  it('never counts a best-effort sink', async () => {
    const [required, other] = [createTestSink('required'), createTestSink('other')]
    required.behaviour = { code: 'EIO' }
    const trail = createAuditTrail(toOptions([required], { bestEffort: [other] }))
    await expect(trail.record(exchange)).rejects.toMatchObject({ reason: 'ERR_AUDIT_UNAVAILABLE' })
    await trail.close(50)
  })

  it('puts nothing into the trail that is refused because no sink is up', async () => {
    const sink = createTestSink()
    sink.behaviour = { code: 'EIO' }
    const trail = createAuditTrail(toOptions([sink]))
    await expect(trail.record(exchange)).rejects.toThrow(UpstreamError)
    // Long enough down that nobody is let in to wait.
    await new Promise((resolve) => setTimeout(resolve, 120))
    const before = trail.health().seq
    await expect(trail.record({ ...exchange, txn: 'late' })).rejects.toThrow(UpstreamError)
    expect(trail.health().seq).toBe(before)
    await trail.close(50)
  })
})

describe('5.3.2 order', () => {
  it('gives each sink all events by their numbers, without one missing', async () => {
    const sinks = [createTestSink('a'), createTestSink('b')]
    const trail = createAuditTrail(toOptions(sinks))
    await Promise.all(Array.from({ length: 300 }, () => trail.record(exchange)))
    await trail.close()
    for (const { events } of sinks)
      expect(events.map(({ chain }) => chain.seq)).toEqual(Array.from({ length: 302 }, (_, index) => index + 1))
  })
})

describe('5.3.3 delivery at least once', () => {
  it('gives a batch again until the sink has it, each event under its stream and number', async () => {
    const sink = createTestSink()
    sink.behaviour = { code: 'ECONNRESET' }
    const trail = createAuditTrail(toOptions([sink], { required: { timeoutMs: 2_000 } }))
    const recorded = trail.record(exchange)
    await until(() => sink.batches.length >= 3)
    sink.behaviour = 'keep'
    await recorded
    await trail.close()
    const places = sink.events.map(({ chain }) => `${chain.stream} ${chain.seq}`)
    expect(new Set(places).size).toBe(places.length)
    expect(sink.types.filter((type) => type === 'token.exchange')).toHaveLength(1)
  })
})

describe('5.3.4 backpressure', () => {
  const queue = { maxEvents: 64, reservedShare: 0.25 }

  it('drops the newest ordinary events of a full queue, counts them, and tells of them once it recovers', async () => {
    const sink = createTestSink()
    const trail = createAuditTrail(toOptions([sink], { queue }))
    await trail.ready()
    sink.behaviour = 'hang'
    for (let index = 0; index < 100; index++) await trail.record({ ...denial, txn: String(index) })
    expect(trail.health()).toMatchObject({ lost: 53 })
    expect(trail.health().sinks[0]).toMatchObject({ queuedEvents: 48 })
    await trail.close(20)
  })

  it('writes one audit.gap from, to and count, after which nothing is missing', async () => {
    const sink = createTestSink()
    const trail = createAuditTrail(toOptions([sink], { queue }))
    await trail.ready()
    sink.behaviour = { code: 'EIO' }
    for (let index = 0; index < 100; index++) await trail.record({ ...denial, txn: String(index) })
    expect(trail.health()).toMatchObject({ lost: 53 })
    sink.behaviour = 'keep'
    await until(() => sink.types.includes('audit.gap'))
    await trail.record({ ...denial, txn: 'after' })
    await trail.close()
    const gaps = sink.events.filter(({ type }) => type === 'audit.gap')
    expect(gaps.map(({ gap }) => gap)).toEqual([{ from: 49, to: 101, count: 53 }])
    const seqs = new Set(sink.events.map(({ chain }) => chain.seq))
    const missing = Array.from({ length: trail.health().seq }, (_, index) => index + 1).filter((seq) => !seqs.has(seq))
    expect(missing).toHaveLength(53)
    expect(missing.every((seq) => seq >= 49 && seq <= 101)).toBe(true)
  })

  it('keeps room in every queue for what is waited for, whatever else there is', async () => {
    const sink = createTestSink()
    const trail = createAuditTrail(toOptions([sink], { queue, required: { timeoutMs: 2_000 } }))
    await trail.ready()
    sink.behaviour = { afterMs: 100 }
    for (let index = 0; index < 500; index++) await trail.record(denial)
    const queued = (): number | undefined => trail.health().sinks[0]?.queuedEvents
    expect(queued()).toBe(48)
    const exchanges = Array.from({ length: 16 }, () => trail.record(exchange))
    expect(queued()).toBe(64)
    await expect(Promise.all(exchanges)).resolves.toHaveLength(16)
    await trail.close()
  })

  it('bounds what waits by bytes too', async () => {
    const sink = createTestSink()
    const trail = createAuditTrail(toOptions([sink], { queue: { maxBytes: 65_536 } }))
    await trail.ready()
    sink.behaviour = 'hang'
    for (let index = 0; index < 500; index++) await trail.record({ ...denial, txn: 'x'.repeat(255) })
    expect(trail.health().sinks[0]?.queuedBytes).toBeLessThan(65_536)
    expect(trail.health().lost).toBeGreaterThan(300)
    await trail.close(20)
  })

  it('waits for room up to timeoutMs, then fails closed', async () => {
    const sink = createTestSink()
    const trail = createAuditTrail(toOptions([sink], { queue: { maxEvents: 16 } }))
    await trail.ready()
    sink.behaviour = { afterMs: 60 }
    const outcomes = await Promise.allSettled(Array.from({ length: 200 }, () => trail.record(exchange)))
    const kept = outcomes.filter(({ status }) => status === 'fulfilled').length
    expect(kept).toBeGreaterThan(0)
    expect(kept).toBeLessThan(200)
    await trail.close()
  })

  it('samples authn.success and says so; never denials, replays and exchanges', async () => {
    const sink = createTestSink()
    const trail = createAuditTrail(toOptions([sink], { sampling: { 'authn.success': 0.1 } }))
    for (let index = 0; index < 2_000; index++) await trail.record({ type: 'authn.success', outcome: 'success' })
    for (let index = 0; index < 50; index++) {
      await trail.record(denial)
      await trail.record({ ...denial, type: 'replay.detected', reason: 'ERR_PROOF_REPLAYED' })
      await trail.record(exchange)
    }
    await trail.close()
    const sampled = sink.events.filter(({ type }) => type === 'authn.success')
    expect(sampled.length).toBeGreaterThan(100)
    expect(sampled.length).toBeLessThan(350)
    expect(sampled.every((event) => event.sampled?.rate === 0.1)).toBe(true)
    for (const type of ['authz.denied', 'replay.detected', 'token.exchange'])
      expect(sink.types.filter((each) => each === type)).toHaveLength(50)
  })
})

describe('5.3.5 a hanging sink', () => {
  it('is a failed sink after timeoutMs, told once, while the others go on', async () => {
    const [good, bad] = [createTestSink('good'), createTestSink('bad')]
    const trail = createAuditTrail(toOptions([good, bad]))
    await trail.ready()
    bad.behaviour = 'hang'
    for (let index = 0; index < 5; index++) {
      await trail.record(exchange)
      await new Promise((resolve) => setTimeout(resolve, 40))
    }
    expect(trail.health().sinks[1]).toMatchObject({ name: 'bad', state: 'failed', lastFailure: 'LATE' })
    expect(good.events.filter(({ type }) => type === 'audit.sink_failed').map(({ sink }) => sink)).toEqual([
      { name: 'bad', failure: 'LATE' },
    ])
    await trail.close(50)
  })

  it('counts again as soon as it answers, and that is told too', async () => {
    const [good, bad] = [createTestSink('good'), createTestSink('bad')]
    const trail = createAuditTrail(toOptions([good, bad]))
    bad.behaviour = { afterMs: 250 }
    await trail.record(exchange)
    await until(() => trail.health().sinks[1]?.state === 'failed')
    bad.behaviour = 'keep'
    await until(() => trail.health().sinks[1]?.state === 'up')
    await trail.close()
    expect(good.types).toContain('audit.sink_recovered')
    expect(bad.events.map(({ id }) => id)).toEqual(good.events.map(({ id }) => id))
  })
})

describe('5.3.6 shutdown', () => {
  it('drains, writes service.stopped last, and closes the sinks', async () => {
    const sink = createTestSink()
    sink.behaviour = { afterMs: 10 }
    const trail = createAuditTrail(toOptions([sink]))
    for (let index = 0; index < 100; index++) void trail.record(denial)
    await expect(trail.close()).resolves.toEqual({ drained: true, lost: 0 })
    expect(sink.types.at(-1)).toBe('service.stopped')
    expect(sink.events).toHaveLength(102)
    expect(sink.isClosed).toBe(true)
  })

  it('gives up at its deadline, and says that it did', async () => {
    const sink = createTestSink()
    const trail = createAuditTrail(toOptions([sink]))
    await trail.ready()
    sink.behaviour = 'hang'
    const startMs = performance.now()
    await trail.record(denial)
    await expect(trail.close(60)).resolves.toMatchObject({ drained: false })
    expect(performance.now() - startMs).toBeLessThan(3_000)
  })

  it('refuses afterwards what would have to be waited for', async () => {
    const trail = createAuditTrail(toOptions([createTestSink()]))
    await trail.close()
    await expect(trail.record(exchange)).rejects.toMatchObject({ reason: 'ERR_AUDIT_CLOSED', status: 503 })
    await expect(trail.record(denial)).resolves.toBeUndefined()
  })
})

describe('refusals of strangers', () => {
  it('are written whole up to a rate, then counted by reason and network', async () => {
    const sink = createTestSink()
    const trail = createAuditTrail(toOptions([sink], { denials: { perSecond: 1, burst: 20 } }))
    for (let index = 0; index < 1_000; index++)
      await trail.record({ ...strangersDenial, request: { id: 'r', ip: `192.0.2.${index % 250}` } })
    for (let index = 0; index < 200; index++)
      await trail.record({ ...strangersDenial, request: { id: 'r', ip: `2001:db8:1:2:${index.toString(16)}::1` } })
    await trail.close()
    const own = sink.events.filter(({ type }) => type === 'authn.failure')
    const counted = own.filter((event) => event.counted !== undefined)
    expect(own.length - counted.length).toBe(20)
    expect(counted.map((event) => [event.reason, event.counted?.network, event.counted?.count])).toEqual([
      ['ERR_TOKEN_SIGNATURE', '192.0.2.0/24', 980],
      ['ERR_TOKEN_SIGNATURE', '2001:db8:1:2::/64', 200],
    ])
  })

  it('of a token endpoint wait for nothing and take nothing that is reserved', async () => {
    const sink = createTestSink()
    const trail = createAuditTrail(toOptions([sink], { denials: { burst: 5, perSecond: 1 } }))
    await trail.ready()
    sink.behaviour = 'hang'
    const refusal = { type: 'token.exchange', outcome: 'failure', client: { id: 'claimed' } } as const
    for (let index = 0; index < 50; index++) await trail.record(refusal)
    expect(trail.health().counted).toBe(45)
    await trail.close(20)
  })
})
