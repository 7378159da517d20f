import { createAuditTrail, fileSink, verifyTrail } from '@countersign/audit'
import type { AuditEvent } from '@countersign/core'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { exchange, toOptions } from './doubles.js'

it.each(['', '\n', '\n\n', '\nnoise\n', 'noise\n', 'noise', '\nnoise'])(
  'a file in which %j stands before the first event has no head, and is gone on with',
  async (before) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'countersign-tail-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const file = path.join(folder, 'audit.jsonl')
    writeFileSync(file, before)
    const sink = fileSink(file, { reserveBytes: 0 })
    await expect(sink.readHead?.()).resolves.toBeUndefined()
    const trail = createAuditTrail(toOptions([sink]))
    await trail.record(exchange)
    await trail.close()
    expect(readFileSync(file, 'utf8').startsWith(before)).toBe(true)
    expect(await verifyTrail(file)).toMatchObject({ events: 3, streams: [{ stopped: true }] })
    await expect(fileSink(file).readHead?.()).resolves.toMatchObject({ seq: 3 })
  },
)

it('a line that no stream can follow is no last event: whoever can append one must not keep the next process from beginning', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'countersign-tail-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = path.join(folder, 'audit.jsonl')
  const first = createAuditTrail(toOptions([fileSink(file, { reserveBytes: 0 })]))
  await first.record(exchange)
  await first.close()
  const last = JSON.parse(readFileSync(file, 'utf8').trimEnd().split('\n').at(-1) ?? '') as AuditEvent
  for (const stream of ['', 'a b', 'ä'])
    appendFileSync(file, `${JSON.stringify({ ...last, chain: { ...last.chain, stream } })}\n`)
  const { seq, hash, stream } = last.chain
  await expect(fileSink(file).readHead?.()).resolves.toEqual({ stream, seq, hash })
  const next = createAuditTrail(toOptions([fileSink(file, { reserveBytes: 0 })]))
  await next.record(exchange)
  await next.close()
})
