import { createAuditTrail, fileSink, verifyTrail } from '@countersign/audit'
import { CHANNELS } from '@countersign/core'
import { execFileSync } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createDisk } from './disk.js'
import { createTestSink, denial, exchange, toOptions, until } from './doubles.js'

const file = '/log/audit.jsonl'

async function* toSource(text: string): AsyncGenerator<string> {
  yield text
}

describe('a disk that is full', () => {
  it('takes what is waited for out of the reserve, loses the rest, tells of it, and recovers by itself', async () => {
    const disk = createDisk()
    disk.capacity = 120_000
    const sink = fileSink(file, { runtime: { files: disk }, reserveBytes: 65_536 })
    const trail = createAuditTrail(toOptions([sink], { required: { timeoutMs: 3_000 } }))
    await trail.ready()
    const denials = async (count: number): Promise<void> => {
      for (let index = 0; index < count; index++) {
        await trail.record(denial)
        if (index % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 1))
      }
    }
    // What is there at the very moment: the trail's own word of it is the first to use the reserve.
    let names: Promise<readonly string[]> | undefined
    const listener = (event: unknown): void => {
      const { type, state } = event as { readonly type: string; readonly state?: string }
      if (type === 'sink' && state === 'full') names ??= disk.readdir('/log')
    }
    subscribe(CHANNELS.audit, listener)
    onTestFinished(() => void unsubscribe(CHANNELS.audit, listener))
    await denials(400)
    await until(() => trail.health().sinks[0]?.state === 'full')
    // Ordinary events have not touched the reserve.
    expect(await names).toContain('audit.jsonl.reserve')
    for (let index = 0; index < 20; index++) await trail.record({ ...exchange, txn: `x${index}` })
    expect(await disk.readdir('/log')).not.toContain('audit.jsonl.reserve')
    await denials(50)
    expect(trail.health().lost).toBeGreaterThan(0)

    disk.capacity = Infinity
    for (let index = 0; index < 1_500 && trail.health().sinks[0]?.state !== 'up'; index++) {
      await trail.record(denial)
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    expect(trail.health().sinks[0]?.state).toBe('up')
    expect(await disk.readdir('/log')).toContain('audit.jsonl.reserve')
    await trail.record({ ...exchange, txn: 'after' })
    await trail.close()
    const text = disk.read(file)
    for (let index = 0; index < 20; index++) expect(text).toContain(`"txn":"x${index}"`)
    const report = await verifyTrail(toSource(text), { sink: 'audit.jsonl' })
    expect(report.problems).toEqual([])
    expect(report.torn).toEqual([])
    expect(report.gaps.length).toBeGreaterThan(0)
    expect(text).toContain('"type":"audit.gap"')
    expect(text).toContain('"failure":"ENOSPC"')
  })

  it.each(['dies', 'is closed'])('has told what it lost where the process %s before there is room', async (end) => {
    const disk = createDisk()
    disk.capacity = 120_000
    const sink = fileSink(file, { runtime: { files: disk }, reserveBytes: 65_536 })
    const trail = createAuditTrail(toOptions([sink], { required: { timeoutMs: 3_000 } }))
    await trail.ready()
    for (let index = 0; index < 400 && trail.health().sinks[0]?.state !== 'full'; index++) {
      for (let count = 0; count < 20; count++) await trail.record(denial)
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    expect(trail.health()).toMatchObject({ sinks: [{ state: 'full' }] })
    // What no sink has room for is told as well as what this one had taken already.
    for (let count = 0; count < 20; count++) await trail.record(denial)
    await trail.record(exchange)
    await until(() => disk.read(file).split('"type":"audit.gap"').length > 2)
    if (end === 'is closed') {
      for (let count = 0; count < 20; count++) await trail.record(denial)
      await trail.close()
    }
    const report = await verifyTrail(toSource(disk.read(file)), { sink: 'audit.jsonl' })
    expect(report.problems).toEqual([])
    expect(report.gaps.map(({ told }) => told)).toContain(true)
    if (end === 'is closed') expect(report.streams).toMatchObject([{ stopped: true }])
    await trail.close()
  })

  it('refuses what is waited for once the reserve is used up too, and acknowledges nothing that it does not have', async () => {
    const disk = createDisk()
    disk.capacity = 100_000
    const trail = createAuditTrail(
      toOptions([fileSink(file, { runtime: { files: disk }, reserveBytes: 65_536 })], { required: { timeoutMs: 200 } }),
    )
    const acknowledged: string[] = []
    let refused = 0
    for (let index = 0; index < 300 && refused < 3; index++) {
      const txn = `x${index}`
      await trail.record({ ...exchange, txn }).then(
        () => acknowledged.push(txn),
        () => (refused += 1),
      )
    }
    expect(refused).toBe(3)
    expect(trail.health()).toMatchObject({ ok: false, sinks: [{ state: 'failed', lastFailure: 'ENOSPC' }] })
    const text = disk.read(file)
    expect(acknowledged.filter((txn) => !text.includes(`"txn":"${txn}"`))).toEqual([])
    disk.capacity = Infinity
    await until(() => trail.health().sinks[0]?.queuedEvents === 0)
    await expect(trail.record(exchange)).resolves.toBeUndefined()
    await trail.close()
    expect(await verifyTrail(toSource(disk.read(file)))).toMatchObject({ problems: [], torn: [] })
  })

  it('works no more once anything else fails, until a write is kept, and takes the rest once there is room', async () => {
    const sink = createTestSink()
    const trail = createAuditTrail(toOptions([sink], { required: { timeoutMs: 100 } }))
    await trail.ready()
    sink.behaviour = { code: 'ENOSPC' }
    await trail.record(denial)
    await until(() => trail.health().sinks[0]?.state !== 'up')
    sink.behaviour = { code: 'EIO' }
    await expect(trail.record({ ...exchange, txn: 'sealed' })).rejects.toMatchObject({ status: 503 })
    expect(trail.health()).toMatchObject({ ok: false, sinks: [{ state: 'failed', lastFailure: 'EIO' }] })
    await new Promise((resolve) => setTimeout(resolve, 150))
    const { seq } = trail.health()
    await expect(trail.record({ ...exchange, txn: 'refused' })).rejects.toMatchObject({ status: 503 })
    expect(trail.health().seq).toBe(seq)

    sink.behaviour = 'keep'
    await until(() => trail.health().sinks[0]?.queuedEvents === 0)
    expect(trail.health()).toMatchObject({ ok: true, sinks: [{ state: 'full' }] })
    await trail.record(exchange)
    await until(() => {
      void trail.record(denial)
      return trail.health().sinks[0]?.state === 'up'
    })
    await trail.close()
    expect(sink.events.filter(({ txn }) => txn === 'refused')).toEqual([])
    expect(sink.types.filter((type) => type === 'audit.sink_recovered')).toHaveLength(1)
  })

  it('works no more where it has no room even for what is waited for: an ordinary event is no proof of that', async () => {
    const sink = createTestSink()
    const trail = createAuditTrail(toOptions([sink], { required: { timeoutMs: 100 } }))
    await trail.ready()
    let isSpent = false
    const write = sink.write.bind(sink)
    sink.write = async (batch, more) => {
      const isRefused = isSpent || batch.some(({ type }) => type === 'authz.denied')
      if (isRefused) throw Object.assign(new Error('no'), { code: '53100' })
      await write(batch, more)
    }
    await trail.record(denial)
    await until(() => trail.health().sinks[0]?.state === 'full')
    await trail.record(exchange)
    expect(trail.health().ok).toBe(true)
    isSpent = true
    await expect(trail.record(exchange)).rejects.toMatchObject({ status: 503 })
    expect(trail.health()).toMatchObject({ ok: false, sinks: [{ state: 'failed', lastFailure: '53100' }] })
    await trail.record(denial)
    expect(trail.health().ok).toBe(false)
    isSpent = false
    await until(() => trail.health().ok)
    await expect(trail.record(exchange)).resolves.toBeUndefined()
    await trail.close()
  })

  it('does not stop a second sink', async () => {
    const disk = createDisk()
    disk.capacity = 1_000
    const other = createTestSink('other')
    const trail = createAuditTrail(
      toOptions([fileSink(file, { runtime: { files: disk }, reserveBytes: 0 }), other], {
        required: { timeoutMs: 1_000 },
      }),
    )
    for (let index = 0; index < 20; index++) await trail.record(exchange)
    await trail.close(50)
    expect(other.types.filter((type) => type === 'token.exchange')).toHaveLength(20)
  })
})

const folder = mkdtempSync(path.join(tmpdir(), 'countersign-full-'))
const isMounted = ((): boolean => {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

it.skipIf(!isMounted)(
  `a real file system without room behaves as the one above${isMounted ? '' : ' (left out: mounting one takes root)'}`,
  async () => {
    try {
      const real = path.join(folder, 'audit.jsonl')
      const trail = createAuditTrail(
        toOptions([fileSink(real, { reserveBytes: 262_144 })], { required: { timeoutMs: 3_000 } }),
      )
      await trail.record(exchange)
      writeFileSync(path.join(folder, 'others'), Buffer.alloc(700_000))
      for (let index = 0; index < 2_000 && trail.health().sinks[0]?.state !== 'full'; index++) {
        await trail.record(denial)
        if (index % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 2))
      }
      expect(trail.health().sinks[0]).toMatchObject({ state: 'full', lastFailure: 'ENOSPC' })
      await trail.record({ ...exchange, txn: 'out of the reserve' })
      rmSync(path.join(folder, 'others'))
      for (let index = 0; index < 1_500 && trail.health().sinks[0]?.state !== 'up'; index++) {
        await trail.record(denial)
        await new Promise((resolve) => setTimeout(resolve, 2))
      }
      await trail.close()
      const report = await verifyTrail(real, { sink: 'audit.jsonl' })
      expect(report).toMatchObject({ problems: [], torn: [] })
      expect(report.events).toBeGreaterThan(100)
    } finally {
      execFileSync('umount', ['-l', folder], { stdio: 'ignore' })
    }
  },
)
