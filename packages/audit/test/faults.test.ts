import { fileSink, verifyTrail } from '@countersign/audit'
import type { AuditEvent } from '@countersign/core'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createDisk } from './disk.js'
import type { TestDisk } from './disk.js'
import { chooseSeed, createRandom, findMissing, LONGEST_LINE_BYTES, queue, startLoad } from './load.js'
import type { Load } from './load.js'
import { isSoak } from './soak.js'

const seed = chooseSeed()
const random = createRandom(seed)
const faults = isSoak ? 1_000 : 12
const streamsATrail = isSoak ? 10 : 3
const file = '/log/audit.jsonl'

/** What happens to a disk, apart from a loss of power. */
const hurts: Readonly<Record<string, (disk: TestDisk) => void>> = {
  full: (disk) => (disk.capacity = disk.used + Math.floor(random() * 3_000)),
  'failed sync': (disk) => (disk.failNextSync = true),
  'failed sync of the folder': (disk) => (disk.failNextFolderSync = true),
  'short writes': (disk) => (disk.maxWrite = 50 + Math.floor(random() * 5_000)),
  slow: (disk) => (disk.slowMs = 10 + random() * 150),
  hanging: (disk) => (disk.isHanging = true),
}
const names = Object.keys(hurts)
/** After five seconds a batch is given again to a sink that hangs. */
const isLongHang = (): boolean => isSoak && random() < 0.1

function mend(disk: TestDisk): void {
  Object.assign(disk, { capacity: Infinity, maxWrite: Infinity, slowMs: 0, isHanging: false })
}

const counts = new Map<string, number>()
let done = 0
function count(name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
  done += 1
}

/** One or two faults at once, and then none. Gives what happened. */
async function hurt(disk: TestDisk, load: Load): Promise<void> {
  // Each kind in turn, so that a short series has them all; beside it, any other.
  const chosen = new Set([names[done % names.length] ?? '', ...(random() < 0.3 ? [pick(names)] : [])])
  for (const name of chosen) {
    hurts[name]?.(disk)
    count(name)
  }
  await sleep(chosen.has('hanging') && isLongHang() ? 5_500 : random() * 250)
  mend(disk)
  await load.recover()
}

function pick(from: readonly string[]): string {
  return from[Math.floor(random() * from.length)] ?? ''
}

/** The power goes while all record, and maybe while something else is wrong. */
async function losePower(disk: TestDisk): Promise<ReadonlyMap<string, Buffer>> {
  // Of a disk that is full losses are told every ten seconds: without power, the last ones never.
  const name = pick(['', ...names.slice(1)])
  if (name !== '') {
    hurts[name]?.(disk)
    count(name)
  }
  count('power')
  await sleep(random() * 100)
  disk.isOff = true
  return disk.losePower()
}

/** What a process leaves that ends as it should. */
async function end(disk: TestDisk, load: Load): Promise<ReadonlyMap<string, Buffer>> {
  await load.stop()
  expect(await load.trail.close()).toMatchObject({ drained: true })
  return disk.list()
}

function readEvents(left: ReadonlyMap<string, Buffer>): AuditEvent[] {
  const lines = [...left].flatMap(([name, bytes]) => (name.endsWith('.jsonl') ? bytes.toString().split('\n') : []))
  return lines.flatMap((line) => {
    try {
      return [JSON.parse(line) as AuditEvent]
    } catch {
      return []
    }
  })
}

it(
  `a file keeps what was acknowledged through ${faults} faults of its disk, COUNTERSIGN_SEED=${seed}`,
  async () => {
    const startMs = performance.now()
    let acknowledged = 0
    let again = 0
    let [torn, streams] = [0, 0]
    while (done < faults) {
      const txns: string[] = []
      const crashed = new Set<string>()
      let left: ReadonlyMap<string, Buffer> = new Map<string, Buffer>()
      for (let stream = 0; stream < streamsATrail; stream++) {
        const disk = createDisk(left, random)
        const reserveBytes = random() < 0.5 ? 0 : 65_536
        const sink = fileSink(file, { runtime: { files: disk }, reserveBytes, maxBytes: 60_000 })
        const load = startLoad(sink, 200, random)
        for (let series = random() * 5; series > 0; series--) await hurt(disk, load)
        if (random() < 0.6) {
          crashed.add(load.trail.health().stream)
          left = await losePower(disk)
          await load.stop()
          await load.trail.close(1)
        } else left = await end(disk, load)
        expect(load.mostEvents).toBeLessThanOrEqual(queue.maxEvents)
        expect(load.mostBytes).toBeLessThan(queue.maxBytes + LONGEST_LINE_BYTES)
        txns.push(...load.acknowledged)
        acknowledged += load.acknowledged.length
        const folder = mkdtempSync(path.join(tmpdir(), 'countersign-faults-'))
        for (const [name, bytes] of left) writeFileSync(path.join(folder, path.basename(name)), bytes)
        expect(findMissing(txns, readEvents(left))).toEqual([])
        const report = await verifyTrail(path.join(folder, 'audit.jsonl'), { sink: 'audit.jsonl' })
        expect(report.problems).toEqual([])
        // What a stream had no time to tell, its chain goes on across: nobody has taken it out.
        expect(report.gaps.filter((gap) => !gap.told && !(gap.linked && crashed.has(gap.stream)))).toEqual([])
        expect(report.streams.slice(1).map(({ follows }) => follows)).toEqual(
          report.streams.slice(0, -1).map((each) => each.stream),
        )
        if (stream === streamsATrail - 1) {
          again += report.duplicates
          torn += report.torn.length
          streams += report.streams.length
        }
        rmSync(folder, { recursive: true })
      }
    }
    if (!isSoak) return
    const seconds = Math.round((performance.now() - startMs) / 1_000)
    process.stdout.write(
      `${done} faults in ${seconds} s (${JSON.stringify(Object.fromEntries(counts))}): ${acknowledged} acknowledged in ${streams} streams, none missing, ${again} written again, ${torn} torn lines, seed ${seed}\n`,
    )
  },
  isSoak ? 3_600_000 : 60_000,
)
