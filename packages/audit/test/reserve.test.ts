import { createAuditTrail, fileSink } from '@countersign/audit'
import type { Files } from '@countersign/audit'
import type { AuditEvent } from '@countersign/core'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { createSealer } from '../src/chain/sealer.js'
import { systemFiles } from '../src/sinks/files.js'
import { createDisk } from './disk.js'
import { denial, exchange, toOptions, until } from './doubles.js'
import { fullEntry, toEvent } from './events.js'

const { signal } = new AbortController()

it.each(['token.exchange', 'token.grant'] as const)(
  'a refused %s of a stranger has no claim on the reserve',
  async (type) => {
    const disk = createDisk()
    const sink = fileSink('/log/audit.jsonl', { runtime: { files: disk }, reserveBytes: 65_536 })
    const sealer = createSealer('stream', undefined)
    const write = async (event: AuditEvent): Promise<void> => {
      const { chain: _, ...content } = event
      await sink.write([sealer.seal(content).event], { signal })
    }
    await write(toEvent('authn.success'))
    await until(() => disk.used > 65_536)
    disk.capacity = disk.used
    await expect(write(toEvent(type, { outcome: 'denied', reason: 'ERR_CLIENT' }))).rejects.toMatchObject({
      code: 'ENOSPC',
    })
    expect(disk.list().has('/log/audit.jsonl.reserve')).toBe(true)
    await write(toEvent(type, { ...fullEntry, outcome: 'denied' }))
    expect(disk.list().has('/log/audit.jsonl.reserve')).toBe(false)
    await sink.close?.()
  },
)

it('a folder in which no reserve can be made holds up no event', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'countersign-reserve-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  let tried = 0
  const files: Files = {
    ...systemFiles,
    open(name, ...more) {
      if (!name.endsWith('.reserve')) return systemFiles.open(name, ...more)
      tried += 1
      return Promise.reject(Object.assign(new Error('EACCES'), { code: 'EACCES' }))
    },
  }
  const file = path.join(folder, 'audit.jsonl')
  const trail = createAuditTrail(toOptions([fileSink(file, { runtime: { files } })]))
  for (let index = 0; index < 20; index++) {
    await trail.record(exchange)
    await trail.record(denial)
    await until(() => trail.health().sinks[0]?.queuedEvents === 0)
  }
  expect(trail.health().sinks).toMatchObject([{ state: 'up', lost: 0, lastFailure: undefined }])
  // Nor is it tried with each batch: where the disk fails half-way, that is a lot of it.
  expect(tried).toBe(1)
  await trail.close()
  expect(readFileSync(file, 'utf8').match(/"type":"authz.denied"/g)).toHaveLength(20)
})
