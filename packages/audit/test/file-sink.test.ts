import { createAuditTrail, fileSink, verifyTrail } from '@countersign/audit'
import type { AuditEvent } from '@countersign/core'
import { mkdtempSync, readFileSync, readdirSync, statSync, appendFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { denial, exchange, toOptions } from './doubles.js'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'countersign-audit-'))
  file = path.join(folder, 'audit.jsonl')
})

const small = { reserveBytes: 0 }
function readEvents(at: string): AuditEvent[] {
  return readFileSync(at, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as AuditEvent)
}

describe('a file sink', () => {
  it('writes one event a line, each bound to the one before, into a file that is only ours', async () => {
    const trail = createAuditTrail(toOptions([fileSink(file, small)]))
    await trail.record(exchange)
    await trail.record(denial)
    await trail.close()
    const events = readEvents(file)
    expect(events.map(({ type }) => type)).toEqual([
      'service.started',
      'token.exchange',
      'authz.denied',
      'service.stopped',
    ])
    expect(events.slice(1).map(({ chain }) => chain.prev)).toEqual(events.slice(0, -1).map(({ chain }) => chain.hash))
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  it('goes on where the stream before ended, and says so', async () => {
    for (let start = 0; start < 2; start++) {
      const trail = createAuditTrail(toOptions([fileSink(file, small)]))
      await trail.record(exchange)
      await trail.close()
    }
    const events = readEvents(file)
    const last = events[2]
    expect(events[3]?.predecessor).toEqual({ stream: last?.chain.stream, seq: 3, hash: last?.chain.hash })
    expect(events[3]?.chain).toMatchObject({ seq: 1, prev: last?.chain.hash })
  })

  it('leaves what a dead writer did not finish as a line of its own, and names it as torn', async () => {
    const first = createAuditTrail(toOptions([fileSink(file, small)]))
    await first.close()
    appendFileSync(file, '{"chain":{"hash":"abc')
    const second = createAuditTrail(toOptions([fileSink(file, small)]))
    await second.close()
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
    expect(lines[2]).toBe('{"chain":{"hash":"abc')
    expect(JSON.parse(lines[3] ?? '')).toMatchObject({ predecessor: { seq: 2, tornBytes: 21 } })
  })

  it('puts a full file aside under the time, and deletes those that are too many', async () => {
    const sink = fileSink(file, { ...small, maxBytes: 4_096, retention: { files: 3 } })
    const trail = createAuditTrail(toOptions([sink]))
    for (let index = 0; index < 100; index++) await trail.record(exchange)
    await trail.close()
    const names = readdirSync(folder).sort()
    expect(names.filter((name) => /^audit\.\d{4}-.*Z\.jsonl$/.test(name))).toHaveLength(3)
    const events = names
      .filter((name) => name !== 'audit.jsonl')
      .concat('audit.jsonl')
      .flatMap((name) => {
        const at = path.join(folder, name)
        return statSync(at, { throwIfNoEntry: false }) ? readEvents(at) : []
      })
    expect(events.slice(1).map(({ chain }) => chain.prev)).toEqual(events.slice(0, -1).map(({ chain }) => chain.hash))
  })

  it.each([
    ['stands still', 0],
    ['goes back', -1_000],
  ])('puts files aside in their order where the clock %s, and deletes the oldest', async (_, stepMs) => {
    let nowMs = Date.parse('2026-11-29T12:00:00.000Z')
    const now = (): number => (nowMs += stepMs)
    const sink = fileSink(file, { ...small, maxBytes: 4_096, retention: { files: 3 }, runtime: { now } })
    const trail = createAuditTrail(toOptions([sink]))
    for (let index = 0; index < 100; index++) await trail.record(exchange)
    await trail.close()
    const report = await verifyTrail(file)
    expect(report).toMatchObject({ problems: [], streams: [{ lastSeq: 102, stopped: true }] })
    expect(readdirSync(folder).filter((name) => name !== 'audit.jsonl')).toHaveLength(3)
  })
})
