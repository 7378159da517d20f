import { createAuditTrail, fileSink, tailTrail, verifyTrail } from '@countersign/audit'
import type { Files } from '@countersign/audit'
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { systemFiles } from '../src/sinks/files.js'
import { denial, exchange, toOptions, until } from './doubles.js'

let folder: string
let file: string
let isFailing: boolean
let failures: number
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'countersign-doubtful-'))
  file = path.join(folder, 'audit.jsonl')
  isFailing = false
  failures = 0
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
})

/** Real files whose data cannot be synced while a test says so. */
const files: Files = {
  ...systemFiles,
  async open(...args) {
    const handle = await systemFiles.open(...args)
    const { datasync } = handle
    handle.datasync = async () => {
      if (!isFailing) return datasync.call(handle)
      failures += 1
      throw Object.assign(new Error('EIO'), { code: 'EIO' })
    }
    return handle
  },
}
const aside = (): readonly string[] => readdirSync(folder).filter((name) => name !== 'audit.jsonl')

describe('syncs that fail again and again', () => {
  it('leave one file aside, and delete none of those that are full', async () => {
    const retention = { files: 3 }
    const sink = fileSink(file, { reserveBytes: 0, maxBytes: 4_096, retention, runtime: { files } })
    const trail = createAuditTrail(toOptions([sink]))
    for (let index = 0; index < 60; index++) await trail.record(exchange)
    const full = aside()
    expect(full).toHaveLength(3)
    isFailing = true
    await trail.record(denial)
    await until(() => failures > 6)
    expect(aside().slice(0, 3)).toEqual(full)
    expect(aside().length).toBeLessThan(5)
    isFailing = false
    await trail.record(exchange)
    await trail.close()
    expect(await verifyTrail(file)).toMatchObject({ problems: [], streams: [{ stopped: true }] })
  }, 30_000)

  it('with good ones in between cost no full file: only those count against how many there may be', async () => {
    const retention = { files: 2 }
    const sink = fileSink(file, { reserveBytes: 0, maxBytes: 8_192, retention, runtime: { files } })
    const trail = createAuditTrail(toOptions([sink]))
    const fill = async (isOver: () => boolean): Promise<void> => {
      for (let count = 0; count < 200 && !isOver(); count++) await trail.record(exchange)
    }
    await fill(() => aside().length === 2)
    const full = aside()
    for (let time = 1; time <= 3; time++) {
      await trail.record(exchange)
      const before = failures
      isFailing = true
      await trail.record(denial)
      await until(() => failures > before)
      isFailing = false
      await trail.record(exchange)
    }
    expect(aside()).toHaveLength(5)
    expect(aside().slice(0, 2)).toEqual(full)
    // The next full file takes the place of the oldest; what was left behind one goes with it.
    const doubtful = aside().slice(2)
    await fill(() => aside().at(-1) !== doubtful.at(-1))
    expect(aside().slice(0, -1)).toEqual([full[1], ...doubtful])
    await fill(() => aside().length === 2)
    expect(aside()).toHaveLength(2)
    await trail.close()
    expect(await verifyTrail(file)).toMatchObject({ problems: [] })
  }, 30_000)

  it('count for none that was full, also where the file has no extension', async () => {
    const aged = path.join(folder, 'audit')
    const sink = fileSink(aged, { reserveBytes: 0, maxBytes: 4_096, retention: { files: 2 }, runtime: { files } })
    const stamps = [1, 2].map((second) => `audit.2026-11-24T10-00-0${second}-000Z`)
    const doubtful = [3, 4, 5].map((second) => `audit.2026-11-24T10-00-0${second}-000Z-doubtful`)
    for (const name of [...stamps, ...doubtful]) writeFileSync(path.join(folder, name), '')
    const trail = createAuditTrail(toOptions([sink]))
    while (readdirSync(folder).includes(stamps[0] ?? '')) await trail.record(exchange)
    await trail.close()
    const left = readdirSync(folder).filter((name) => name !== 'audit')
    expect(left.slice(0, -1)).toEqual([stamps[1], ...doubtful])
  })

  it('go on in a new file where somebody has taken away the one in doubt', async () => {
    const trail = createAuditTrail(toOptions([fileSink(file, { reserveBytes: 0, runtime: { files } })]))
    await trail.record(exchange)
    isFailing = true
    await trail.record(denial)
    await until(() => failures > 0)
    renameSync(file, path.join(folder, 'taken'))
    const before = failures
    await until(() => failures > before + 1)
    isFailing = false
    await expect(trail.record(exchange)).resolves.toBeUndefined()
    await trail.close()
    expect(existsSync(file)).toBe(true)
  })

  it('have a follower begin anew with nothing that it has given', async () => {
    const trail = createAuditTrail(
      toOptions([fileSink(file, { reserveBytes: 0, maxBytes: 4_096, runtime: { files } })]),
    )
    for (let index = 0; index < 30; index++) await trail.record(exchange)
    const seqs: number[] = []
    const controller = new AbortController()
    const following = (async () => {
      for await (const { chain } of tailTrail(file, { from: 'start', pollMs: 1, signal: controller.signal }))
        seqs.push(chain.seq)
    })()
    await until(() => seqs.includes(31))
    isFailing = true
    await trail.record(denial)
    await until(() => failures > 5)
    isFailing = false
    await trail.record(exchange)
    await trail.close()
    await until(() => seqs.includes(trail.health().seq))
    controller.abort()
    await following
    expect(seqs.filter((seq) => seq === 1)).toHaveLength(1)
    expect(new Set(seqs).size).toBe(trail.health().seq)
  })

  it('leave what was there before this process where it is', async () => {
    const first = createAuditTrail(toOptions([fileSink(file, { reserveBytes: 0 })]))
    await first.record(exchange)
    await first.close()
    isFailing = true
    const trail = createAuditTrail(toOptions([fileSink(file, { reserveBytes: 0, runtime: { files } })]))
    await trail.record(denial)
    await until(() => failures > 3)
    isFailing = false
    await trail.record(exchange)
    await trail.close()
    expect(aside()).toHaveLength(1)
    const report = await verifyTrail(file)
    expect(report).toMatchObject({ problems: [], streams: [{ lastSeq: 3 }, { stopped: true }] })
  })
})
