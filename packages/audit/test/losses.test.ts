import { createAuditTrail, fileSink, verifyTrail } from '@countersign/audit'
import type { AuditEvent } from '@countersign/core'
import { expect, it } from 'vitest'
import { createDisk } from './disk.js'
import { createTestSink, denial, exchange, toOptions, until } from './doubles.js'

async function* toSource(text: string): AsyncGenerator<string> {
  yield text
}

it('what waited for a sink, and is lost after what came later, is told in one range with it', async () => {
  const disk = createDisk()
  const file = fileSink('/log/audit.jsonl', { runtime: { files: disk }, reserveBytes: 0 })
  const other = createTestSink('other')
  let aheadMs = 0
  const runtime = { now: Date.now, monotonicNow: () => performance.now() + aheadMs }
  const trail = createAuditTrail(toOptions([file, other], { queue: { maxEvents: 32 }, runtime }))
  const health = () => trail.health().sinks[0]
  await trail.record(exchange)
  await until(() => health()?.queuedEvents === 0)
  // The disk takes its time, and then has no room: what found no place in the queue is lost first, what had one after it.
  disk.isHanging = true
  for (let index = 0; index < 40; index++) {
    await trail.record(denial)
    await new Promise(setImmediate)
  }
  await until(() => (health()?.lost ?? 0) > 0)
  disk.capacity = disk.used
  disk.isHanging = false
  // Full, or failed with the trail's own word of it.
  await until(() => health()?.state !== 'up')
  disk.capacity = Infinity
  await until(() => {
    aheadMs += 1_000
    void trail.record(denial)
    return health()?.state === 'up'
  })
  await expect(trail.close()).resolves.toMatchObject({ drained: true })

  const lines = disk.read('/log/audit.jsonl').trimEnd().split('\n')
  const gaps = lines.flatMap((line) => (JSON.parse(line) as AuditEvent).gap ?? [])
  for (const { from, to, count } of gaps) expect(to - from + 1).toBeGreaterThanOrEqual(count)
  const report = await verifyTrail(toSource(disk.read('/log/audit.jsonl')), { sink: 'audit.jsonl' })
  expect(report.problems).toEqual([])
  expect(report.gaps.map(({ told }) => told)).toContain(true)
})
