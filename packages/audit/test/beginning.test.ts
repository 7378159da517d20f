import { createAuditTrail, fileSink, verifyTrail } from '@countersign/audit'
import { CHANNELS } from '@countersign/core'
import type { AuditEntry, AuditHead, AuditSink, AuditTrailEvent } from '@countersign/core'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createTestSink, denial, exchange, toOptions, until } from './doubles.js'

const head = { stream: 'before', seq: 7, hash: 'h' }

describe('a stream', () => {
  it('begins with the head of the one before, in what it says and in its hash', async () => {
    const sink = createTestSink()
    sink.head = head
    const trail = createAuditTrail(toOptions([sink]))
    await trail.record(exchange)
    await trail.close()
    expect(sink.events[0]).toMatchObject({ type: 'service.started', predecessor: head, chain: { seq: 1, prev: 'h' } })
    expect(sink.events[1]?.predecessor).toBeUndefined()
  })

  it('takes the head of the first required sink that has one', async () => {
    const [empty, other] = [createTestSink('empty'), createTestSink('other')]
    other.head = head
    const trail = createAuditTrail(toOptions([empty, other]))
    await trail.close()
    expect(empty.events[0]?.predecessor).toEqual(head)
  })

  it('takes null for none, and goes on to the next sink', async () => {
    const [empty, other] = [createTestSink('empty'), createTestSink('other')]
    empty.readHead = () => Promise.resolve(null as unknown as undefined)
    other.head = head
    const trail = createAuditTrail(toOptions([empty, other]))
    await trail.close()
    expect(empty.events[0]?.predecessor).toEqual(head)
    const alone = createTestSink()
    alone.readHead = empty.readHead
    await createAuditTrail(toOptions([alone])).close()
    expect(alone.events[0]?.predecessor).toBeUndefined()
    expect(Object.hasOwn(alone.events[0] ?? {}, 'predecessor')).toBe(false)
  })

  it('asks again where a sink answers with what is no head', async () => {
    const answers: readonly unknown[] = [
      { ...head, seq: '7' },
      { ...head, seq: 7n },
      { ...head, seq: 1.5 },
      { ...head, seq: 0 },
      { seq: 7, hash: 'h' },
      { ...head, hash: null },
      { ...head, hash: '\ud800' },
      { ...head, tornBytes: 7n },
      'head',
    ]
    const begin = async (answer: unknown): Promise<unknown> => {
      const sink = createTestSink()
      let asked = 0
      const good = { ...head, tornBytes: 3, more: 'ours' }
      sink.readHead = () => Promise.resolve((asked++ === 0 ? answer : good) as AuditHead)
      const trail = createAuditTrail(toOptions([sink]))
      await trail.record(exchange)
      await trail.close()
      return { asked, predecessor: sink.events[0]?.predecessor }
    }
    const begun = await Promise.all(answers.map(begin))
    expect(begun).toEqual(answers.map(() => ({ asked: 2, predecessor: { ...head, tornBytes: 3 } })))
  })

  it.each([
    ['rejects', () => Promise.reject(Object.assign(new Error('away'), { code: 'EACCES' }))],
    ['answers nonsense', () => Promise.resolve({ ...head, seq: 0 })],
  ])('says once in the log which sink it waits for, where that %s', async (_, readHead) => {
    const sink = createTestSink()
    sink.readHead = readHead
    const warnings: unknown[][] = []
    const logger = {
      debug: () => {},
      info: () => {},
      warn: (...said: unknown[]) => void warnings.push(said),
      error: () => {},
    }
    const trail = createAuditTrail(toOptions([sink], { logger }))
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    await trail.close(10)
    expect(warnings.filter(([text]) => text === 'An audit sink does not say how the trail ended')).toEqual([
      [expect.any(String), expect.objectContaining({ sink: 'memory', fix: expect.any(String) as string })],
    ])
  })

  it('follows the stream of its own file, not that of another process in a table they share', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'countersign-shared-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const table = createTestSink('table', 'replicated')
    table.readHead = () => Promise.resolve(table.events.at(-1)?.chain)
    const shared: AuditSink = { ...table, isShared: true }
    for (const name of ['a', 'b', 'a', 'b', 'a']) {
      const file = fileSink(path.join(folder, name), { reserveBytes: 0 })
      const trail = createAuditTrail(toOptions([shared, file]))
      await trail.record(exchange)
      await trail.close()
    }
    for (const name of ['a', 'b'])
      expect(await verifyTrail(path.join(folder, name))).toMatchObject({ ok: true, problems: [] })
    const rows = (async function* () {
      yield* table.events
    })()
    expect(await verifyTrail(rows)).toMatchObject({ ok: true, problems: [] })
  })

  it('does not wait for a sink that is slower than another to say what it has', async () => {
    const [fast, slow] = [createTestSink('fast'), createTestSink('slow')]
    slow.readHead = () => new Promise(() => {})
    const trail = createAuditTrail(toOptions([slow, fast], { required: { timeoutMs: 50 } }))
    await trail.ready()
    expect(trail.health().ok).toBe(true)
    await trail.close(100)
  })

  it('does not begin before a required sink has said what it follows: until then exchanges are refused, and the rest waits', async () => {
    const sink = createTestSink()
    let isAway = true
    sink.readHead = () => (isAway ? Promise.reject(new Error('away')) : Promise.resolve(head))
    const trail = createAuditTrail(toOptions([sink], { required: { timeoutMs: 50 }, queue: { maxEvents: 16 } }))
    await expect(trail.record(exchange)).rejects.toMatchObject({ reason: 'ERR_AUDIT_UNAVAILABLE', status: 503 })
    for (let index = 0; index < 20; index++) await trail.record(denial)
    expect(trail.health()).toMatchObject({ ok: false, seq: 0 })
    isAway = false
    await trail.ready()
    await until(() => sink.types.includes('audit.gap'))
    await trail.record(exchange)
    await trail.close()
    expect(sink.types.filter((type) => type === 'authz.denied').length).toBeLessThanOrEqual(12)
    expect(sink.events.find(({ type }) => type === 'audit.gap')?.gap?.count).toBeGreaterThanOrEqual(8)
    expect(sink.events[0]?.predecessor).toEqual(head)
  })

  it('that could not begin is closed in time, and what waited is written without a predecessor', async () => {
    const sink = createTestSink()
    sink.readHead = () => new Promise(() => {})
    const trail = createAuditTrail(toOptions([sink], { required: { timeoutMs: 50 } }))
    await trail.record(denial)
    await expect(trail.close(500)).resolves.toEqual({ drained: true, lost: 0 })
    expect(sink.types).toEqual(['service.started', 'authz.denied', 'service.stopped'])
    expect(sink.events[0]?.predecessor).toBeUndefined()
  })
})

describe('countersign:audit', () => {
  it('tells what is recorded, how long somebody waited, and what becomes of sinks', async () => {
    const events: AuditTrailEvent[] = []
    const listener = (event: unknown): void => void events.push(event as AuditTrailEvent)
    subscribe(CHANNELS.audit, listener)
    onTestFinished(() => void unsubscribe(CHANNELS.audit, listener))
    const sink = createTestSink()
    const trail = createAuditTrail(toOptions([sink], { required: { timeoutMs: 60 }, queue: { maxEvents: 16 } }))
    await trail.record({ ...exchange, durationMs: 12 })
    await trail.record(denial)
    sink.behaviour = { code: 'EIO' }
    await trail.record(exchange).catch(() => {})
    for (let index = 0; index < 20; index++) await trail.record(denial)
    sink.behaviour = 'keep'
    await until(() => events.some(({ type }) => type === 'lost'))
    await trail.close()
    const waited = expect.any(Number) as number
    const recorded = { type: 'recorded', outcome: 'success', reason: undefined }
    expect(events.slice(0, 2)).toEqual([
      { ...recorded, event: 'token.exchange', durationMs: 12, waitMs: waited, kept: true },
      {
        type: 'recorded',
        event: 'authz.denied',
        outcome: 'denied',
        reason: 'ERR_SCOPE_INSUFFICIENT',
        durationMs: undefined,
        waitMs: undefined,
        kept: true,
      },
    ])
    expect(events).toContainEqual({
      ...recorded,
      event: 'token.exchange',
      durationMs: undefined,
      waitMs: waited,
      kept: false,
    })
    expect(events).toContainEqual({ type: 'sink', sink: 'memory', state: 'failed', failure: 'EIO' })
    expect(events).toContainEqual({ type: 'sink', sink: 'memory', state: 'up', failure: undefined })
    expect(events).toContainEqual({ type: 'lost', sink: undefined, count: expect.any(Number) as number })
  })
})

it('an entry of a type that does not exist, or that is the trail’s own, is a mistake of the source', async () => {
  const trail = createAuditTrail(toOptions([createTestSink()]))
  for (const entry of [
    { type: 'audit.gap', outcome: 'success' },
    { type: 'nothing', outcome: 'success' },
    { type: 'authz.denied', outcome: 'maybe', subject: { iss: 'a', sub: 'b' } },
  ])
    await expect(trail.record(entry as AuditEntry)).rejects.toMatchObject({ status: 500, reason: 'ERR_AUDIT_ENTRY' })
  await trail.close()
})
