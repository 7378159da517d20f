import { createAuditTrail, fileSink, verifyTrail } from '@countersign/audit'
import type { TrailReport } from '@countersign/audit'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createDisk } from './disk.js'
import type { TestDisk } from './disk.js'
import { exchange, toOptions } from './doubles.js'

const file = '/log/audit.jsonl'

interface Aftermath {
  readonly acknowledged: readonly string[]
  readonly kept: ReadonlySet<string>
  readonly report: TrailReport
}

/** Records from fifty sides until the power goes, and looks at what is left. */
async function recordUntilPowerLoss(disk: TestDisk, ms: number, maxBytes = 67_108_864): Promise<Aftermath> {
  const trail = createAuditTrail(
    toOptions([fileSink(file, { runtime: { files: disk }, reserveBytes: 0, maxBytes })], {
      required: { timeoutMs: 5_000 },
    }),
  )
  const acknowledged: string[] = []
  let isOver = false
  const work = async (): Promise<void> => {
    while (!isOver) {
      const txn = randomUUID()
      await trail.record({ ...exchange, txn })
      if (!isOver) acknowledged.push(txn)
    }
  }
  const working = Promise.all(Array.from({ length: 50 }, work))
  await sleep(ms)
  isOver = true
  const left = disk.losePower()
  await working
  await trail.close()
  const files = [...left]
    .sort(([a], [b]) => (a === file ? 1 : b === file ? -1 : a < b ? -1 : 1))
    .map(([, bytes]) => bytes)
  const text = Buffer.concat(files).toString()
  const report = await verifyTrail(
    (async function* () {
      yield Buffer.concat(files)
    })(),
  )
  return { acknowledged, kept: new Set([...text.matchAll(/"txn":"([^"]+)"/g)].map(([, txn]) => txn ?? '')), report }
}

const missing = ({ acknowledged, kept }: Aftermath): string[] => acknowledged.filter((txn) => !kept.has(txn))

describe('what was acknowledged', () => {
  it('is there after a loss of power at any moment: fdatasync is waited for', async () => {
    for (let round = 0; round < 12; round++) {
      const aftermath = await recordUntilPowerLoss(createDisk(), 5 + Math.random() * 60)
      expect(missing(aftermath)).toEqual([])
      expect(aftermath.report.problems).toEqual([])
    }
  })

  it('would be missing if the sink did not wait: this disk shows it', async () => {
    const disk = createDisk()
    disk.isLying = true
    expect(missing(await recordUntilPowerLoss(disk, 300)).length).toBeGreaterThan(0)
  })

  it('is there where files are put aside meanwhile: names are synced with their folder', async () => {
    for (let round = 0; round < 6; round++) {
      const aftermath = await recordUntilPowerLoss(createDisk(), 20 + Math.random() * 60, 40_000)
      expect(missing(aftermath)).toEqual([])
      expect(aftermath.report.problems).toEqual([])
    }
  })

  it('is there after a sync that failed: the doubtful file is left, and its events are written again', async () => {
    const disk = createDisk()
    setTimeout(() => (disk.failNextSync = true), 20)
    setTimeout(() => (disk.failNextSync = true), 120)
    const aftermath = await recordUntilPowerLoss(disk, 300)
    expect(missing(aftermath)).toEqual([])
    expect(aftermath.report.problems).toEqual([])
    expect((await disk.readdir('/log')).length).toBe(3)
  })

  it('is there after a sync of the folder that failed: no file is used whose name is not on the disk', async () => {
    const disk = createDisk()
    disk.failNextFolderSync = true
    const aftermath = await recordUntilPowerLoss(disk, 300)
    expect(aftermath.acknowledged.length).toBeGreaterThan(0)
    expect(missing(aftermath)).toEqual([])
  })
})

describe('a group commit', () => {
  it('is one fdatasync for all that was recorded together', async () => {
    const disk = createDisk()
    const trail = createAuditTrail(toOptions([fileSink(file, { runtime: { files: disk }, reserveBytes: 0 })]))
    await trail.record(exchange)
    const before = disk.syncs
    await Promise.all(Array.from({ length: 200 }, () => trail.record(exchange)))
    expect(disk.syncs - before).toBe(1)
    await trail.close()
  })

  it('finishes lines that were cut by short writes', async () => {
    const disk = createDisk()
    disk.maxWrite = 100
    const trail = createAuditTrail(toOptions([fileSink(file, { runtime: { files: disk }, reserveBytes: 0 })]))
    await Promise.all(Array.from({ length: 5 }, () => trail.record(exchange)))
    await trail.close()
    expect(
      disk
        .read(file)
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toHaveLength(7)
  })
})
