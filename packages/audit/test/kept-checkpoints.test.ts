import { createAuditTrail, fileSink, verifyTrail } from '@countersign/audit'
import type { AuditTrail, TrailReport } from '@countersign/audit'
import type { AuditSink } from '@countersign/core'
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { calculateJwkThumbprint } from 'jose'
import type { JSONWebKeySet } from 'jose'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { createTestSink, denial, exchange, toOptions, until } from './doubles.js'

const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'countersign-kept-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
})

/** A file sink that does not answer while it hangs, and writes nothing meanwhile. */
function createFile(name: string): { sink: AuditSink; isHanging: boolean } {
  const inner = fileSink(path.join(folder, name), { reserveBytes: 0 })
  const file = {
    isHanging: false,
    sink: {
      ...inner,
      async write(batch, options) {
        while (file.isHanging) await sleep(2)
        await inner.write(batch, options)
      },
    } satisfies AuditSink,
  }
  return file
}

/** What a verifier says of a copy, were the process killed at this very moment. */
async function verifyNow(name: string): Promise<TrailReport> {
  const copies = mkdtempSync(path.join(tmpdir(), 'countersign-killed-'))
  cpSync(folder, copies, { recursive: true })
  const jwk = createPublicKey(key).export({ format: 'jwk' })
  const keys = { keys: [{ ...jwk, kid: await calculateJwkThumbprint(jwk) }] } as JSONWebKeySet
  const source = path.join(copies, 'checkpoints.jsonl')
  try {
    return await verifyTrail(path.join(copies, name), { checkpoints: { keys, source }, sink: name })
  } finally {
    rmSync(copies, { recursive: true })
  }
}

async function record(trail: AuditTrail, count: number): Promise<void> {
  for (let index = 0; index < count; index++) await trail.record(denial)
  trail.health()
}

const checkpoints = () => ({
  key,
  everyEvents: 5,
  sink: fileSink(path.join(folder, 'checkpoints.jsonl'), { reserveBytes: 0 }),
})
const isCovered = (trail: AuditTrail, seq: number): boolean => (trail.health().checkpointSeq ?? 0) >= seq

describe('a checkpoint covers nothing that no required sink has', () => {
  it.each([
    ['is slow', 2_000, 'up'],
    ['has failed', 50, 'failed'],
  ])('where the only one %s', async (_, timeoutMs, state) => {
    const file = createFile('a')
    const trail = createAuditTrail(toOptions([file.sink], { checkpoints: checkpoints(), required: { timeoutMs } }))
    await record(trail, 10)
    await until(() => isCovered(trail, 5))
    await until(() => trail.health().sinks.every(({ queuedEvents }) => queuedEvents === 0))
    file.isHanging = true
    await record(trail, 20)
    await sleep(300)
    expect(trail.health().sinks[0]?.state).toBe(state)
    expect(await verifyNow('a')).toMatchObject({ problems: [] })
    file.isHanging = false
    await until(() => isCovered(trail, 30))
    await expect(trail.close()).resolves.toMatchObject({ drained: true })
    const report = await verifyNow('a')
    expect(report).toMatchObject({ problems: [], unvouched: [] })
    const [stream] = report.streams
    // Behind the last one comes but its own event.
    expect(stream).toMatchObject({ stopped: true, checkpointSeq: (stream?.lastSeq ?? 0) - 1 })
  })

  it('where one of two that work is behind the other', async () => {
    const [ahead, behind] = [createFile('ahead'), createFile('behind')]
    const options = { checkpoints: checkpoints(), required: { quorum: 1 } }
    const trail = createAuditTrail(toOptions([ahead.sink, behind.sink], options))
    await trail.ready()
    await record(trail, 10)
    await until(() => isCovered(trail, 5))
    await until(() => trail.health().sinks.every(({ queuedEvents }) => queuedEvents === 0))
    behind.isHanging = true
    await record(trail, 20)
    await trail.record(exchange)
    await sleep(100)
    expect(trail.health().sinks[1]?.state).toBe('up')
    for (const name of ['ahead', 'behind']) expect(await verifyNow(name)).toMatchObject({ problems: [] })
    behind.isHanging = false
    await until(() => isCovered(trail, 30))
    await trail.close()
  })

  it('but one that has failed holds up no checkpoint of the other, nor the last', async () => {
    const [good, bad] = [createFile('good'), createFile('bad')]
    const options = { checkpoints: checkpoints(), required: { quorum: 1, timeoutMs: 50 } }
    const trail = createAuditTrail(toOptions([good.sink, bad.sink], options))
    await trail.record(exchange)
    bad.isHanging = true
    await record(trail, 20)
    await until(() => isCovered(trail, 20))
    await trail.close(1_000)
    const [stream] = (await verifyNow('good')).streams
    expect(stream).toMatchObject({ stopped: true, checkpointSeq: (stream?.lastSeq ?? 0) - 1 })
    bad.isHanging = false
  })
})

it('a sink that recovers after the last word has the last word stay the last', async () => {
  const [good, bad] = [createFile('good'), createFile('bad')]
  const options = { checkpoints: checkpoints(), required: { quorum: 1, timeoutMs: 50 } }
  const trail = createAuditTrail(toOptions([good.sink, bad.sink], options))
  await trail.record(exchange)
  bad.isHanging = true
  await trail.record(exchange)
  await until(() => trail.health().sinks[1]?.state === 'failed')
  const closing = trail.close(4_000)
  await until(() => readFileSync(path.join(folder, 'good'), 'utf8').includes('service.stopped'))
  bad.isHanging = false
  await expect(closing).resolves.toEqual({ drained: true, lost: 0 })
  for (const name of ['good', 'bad'])
    expect(await verifyNow(name)).toMatchObject({ problems: [], streams: [{ stopped: true }] })
})

it('a best-effort sink that is down to the end keeps the last checkpoint from nobody', async () => {
  const [file, down] = [createFile('a'), createTestSink('down', 'none')]
  down.behaviour = 'hang'
  const options = { checkpoints: checkpoints(), bestEffort: [down] }
  const trail = createAuditTrail(toOptions([file.sink], options))
  await record(trail, 3)
  await trail.close(1_000)
  const [stream] = (await verifyNow('a')).streams
  expect(stream).toMatchObject({ stopped: true, checkpointSeq: (stream?.lastSeq ?? 0) - 1 })
})
