import { createAuditTrail } from '@countersign/audit'
import type { AuditTrail } from '@countersign/audit'
import type { AuditEvent } from '@countersign/core'
import { generateKeyPairSync } from 'node:crypto'
import { expect, it } from 'vitest'
import { createTestSink, denial, exchange, strangersDenial, toOptions, until } from './doubles.js'
import type { TestSink } from './doubles.js'

const full = Object.assign(new Error('no'), { code: 'ENOSPC' })

/** The clock of this machine, ahead of it by what a test says. */
function createClock() {
  let aheadMs = 0
  const runtime = { now: () => Date.now() + aheadMs, monotonicNow: () => performance.now() + aheadMs }
  return { runtime, advance: (ms: number): void => void (aheadMs += ms) }
}

/** Has a sink refuse what a test says, as one does that has no room for it. */
function refuse(sink: TestSink, isRefused: (event: AuditEvent) => boolean): void {
  const write = sink.write.bind(sink)
  sink.write = async (batch, more) => {
    if (batch.some(isRefused)) throw full
    await write(batch, more)
  }
}

function lostBy(trail: AuditTrail): number {
  return trail.health().sinks[0]?.lost ?? 0
}

it('5.3.4 a sink that is full, and has been asked for room often, keeps what is waited for at once', async () => {
  const clock = createClock()
  const sink = createTestSink()
  const trail = createAuditTrail(toOptions([sink], { required: { timeoutMs: 50 }, runtime: clock.runtime }))
  await trail.ready()
  refuse(sink, ({ type }) => type === 'authz.denied')
  const probe = async (): Promise<void> => {
    const before = lostBy(trail)
    clock.advance(1_000)
    await trail.record(denial)
    await until(() => lostBy(trail) > before)
  }
  for (let count = 0; count < 8; count++) await probe()
  expect(trail.health()).toMatchObject({ ok: true, sinks: [{ state: 'full' }] })
  await expect(trail.record(exchange)).resolves.toBeUndefined()
  // Together with one that asks for room.
  clock.advance(1_000)
  void trail.record(denial)
  await expect(trail.record(exchange)).resolves.toBeUndefined()
  await trail.close()
  expect(sink.types.filter((type) => type === 'token.exchange')).toHaveLength(2)
})

it('5.3.4 a sink of checkpoints that was full works again as soon as it takes one', async () => {
  const [sink, anchors] = [createTestSink(), createTestSink('anchors')]
  const { privateKey } = generateKeyPairSync('ed25519')
  const checkpoints = { key: privateKey, sink: anchors, everyEvents: 1 }
  const trail = createAuditTrail(toOptions([sink], { checkpoints }))
  await trail.ready()
  const state = (): string | undefined => trail.health().sinks[1]?.state
  anchors.behaviour = { code: 'ENOSPC' }
  await trail.record(exchange)
  await until(() => state() === 'failed')
  anchors.behaviour = 'keep'
  await until(() => state() === 'up')
  await until(() => sink.types.includes('audit.sink_recovered'))
  await trail.close()
  expect(anchors.types).toContain('audit.checkpoint')
})

it('5.4.2 counted refusals wait until there is room: none is spent on asking for it', async () => {
  const sink = createTestSink()
  const denials = { perSecond: 1, burst: 1, countSeconds: 1 }
  const trail = createAuditTrail(toOptions([sink], { denials }))
  await trail.ready()
  // The one that is written whole.
  await trail.record(strangersDenial)
  for (let count = 0; count < 50; count++) await trail.record(strangersDenial)
  let isRoom = false
  refuse(sink, ({ type }) => !isRoom && (type === 'authz.denied' || type === 'authn.failure'))
  await trail.record(denial)
  await until(() => trail.health().sinks[0]?.state === 'full')
  const lost = lostBy(trail)
  // Longer than both times, that of the counts and that after which a full sink is asked again.
  await new Promise((resolve) => setTimeout(resolve, 2_300))
  expect(lostBy(trail)).toBe(lost)
  isRoom = true
  await trail.record(denial)
  await until(() => sink.events.some(({ counted }) => counted !== undefined))
  expect(sink.events.find(({ counted }) => counted !== undefined)?.counted?.count).toBeGreaterThan(45)
  await trail.close()
})

it('5.3.5 a sink that was down unheard is heard of when it is down the next time', async () => {
  const clock = createClock()
  const [a, b, c] = [createTestSink('a'), createTestSink('b'), createTestSink('c')]
  const trail = createAuditTrail(toOptions([a, b, c], { required: { quorum: 1 }, runtime: clock.runtime }))
  await trail.ready()
  const told = (): readonly string[] =>
    c.events.filter(({ type }) => type.startsWith('audit.sink_')).map(({ type, sink }) => `${type} ${sink?.name}`)
  // No room even for word of b, which is all that a is given.
  let refused = 1
  refuse(a, ({ type }) => (type === 'audit.sink_failed' && refused-- > 0) || type === 'authz.denied')
  b.behaviour = { code: 'EIO' }
  await trail.record(exchange)
  await until(() => trail.health().sinks[0]?.state === 'full')
  expect(told()).toEqual(['audit.sink_failed b'])
  clock.advance(1_000)
  await trail.record(denial)
  await until(() => told().length > 1)
  expect(told()).toEqual(['audit.sink_failed b', 'audit.sink_failed a'])
  b.behaviour = 'keep'
  await trail.close()
})

it('5.3.4 what a full sink has lost is told out of its reserve, so that checkpoints go on over what the others keep', async () => {
  const clock = createClock()
  const [a, b] = [createTestSink('a'), createTestSink('b')]
  const { privateKey } = generateKeyPairSync('ed25519')
  const checkpoints = { key: privateKey, everyEvents: 5, sink: createTestSink('anchors') }
  const more = { required: { quorum: 1 }, checkpoints, runtime: clock.runtime }
  const trail = createAuditTrail(toOptions([a, b], more))
  await trail.ready()
  refuse(b, ({ type }) => type === 'authz.denied')
  for (let round = 0; round < 6; round++) {
    const before = a.events.length
    clock.advance(10_000)
    for (let count = 0; count < 10; count++) await trail.record(denial)
    await until(() => a.events.length >= before + 10)
    // So long after the last ordinary one, the state is what it stays.
    await until(() => (trail.health().checkpointSeq ?? 0) > before)
  }
  expect(trail.health().sinks[1]).toMatchObject({ state: 'full' })
  await trail.close()
})

it('5.1.1 a grant that comes again is waited for as any other is, and uses what is reserved', async () => {
  const sink = createTestSink()
  const trail = createAuditTrail(toOptions([sink], { required: { timeoutMs: 50 } }))
  await trail.ready()
  const replay = {
    ...exchange,
    type: 'replay.detected',
    outcome: 'failure',
    exchange: { profile: 'rfc7523', mode: 'none', depth: 0 },
  } as const
  sink.behaviour = { code: 'EIO' }
  await expect(trail.record(replay)).rejects.toMatchObject({ reason: 'ERR_AUDIT_UNAVAILABLE' })
  sink.behaviour = 'keep'
  await until(() => trail.health().sinks[0]?.state === 'up')
  await expect(trail.record(replay)).resolves.toBeUndefined()
  await trail.close()
  await expect(trail.record(replay)).rejects.toMatchObject({ status: 503 })
})
