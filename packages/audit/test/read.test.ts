import { createAuditTrail, fileSink, findInTrail, tailTrail, verifyTrail } from '@countersign/audit'
import type { AuditEvent } from '@countersign/core'
import { appendFileSync, mkdtempSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { denial, exchange, toOptions, until } from './doubles.js'

let file: string
beforeEach(() => {
  file = path.join(mkdtempSync(path.join(tmpdir(), 'countersign-read-')), 'audit.jsonl')
})
const keys = [{ id: 'k1', secret: Buffer.alloc(32, 7) }]
const oldKey = { id: 'k0', secret: Buffer.alloc(32, 8) }

/** As the sink does; the next file is begun. */
function putAside(): void {
  renameSync(file, file.replace('.jsonl', '.2099-01-01T00-00-00-000Z.jsonl'))
  writeFileSync(file, '')
}

async function listAll(events: AsyncIterable<AuditEvent>): Promise<string[]> {
  const found: string[] = []
  for await (const { txn, type } of events) found.push(txn ?? type)
  return found
}

describe('findInTrail', () => {
  const write = async (more: Parameters<typeof toOptions>[1] = {}): Promise<void> => {
    const trail = createAuditTrail(toOptions([fileSink(file, { reserveBytes: 0, maxBytes: 4_096 })], more))
    const { subject, actor } = {
      subject: { iss: 'https://a.example', sub: 'alice' },
      actor: [{ iss: 'https://a.example', sub: 'bob' }],
    }
    await trail.record({ ...exchange, txn: 't1', subject, tokens: { subject: { fp: trail.fingerprint('token-1') } } })
    await trail.record({ ...exchange, txn: 't2', subject: { iss: 'https://b.example', sub: 'alice' }, actor })
    for (let index = 0; index < 10; index++) await trail.record(denial)
    await trail.record({ ...exchange, txn: 't3', tokens: { issued: { fp: trail.fingerprint('token-1') } } })
    await trail.close()
  }

  it('finds a token that somebody holds, wherever it was used, also across files that were put aside', async () => {
    await write()
    expect(await listAll(findInTrail(file, { token: 'token-1' }, { fingerprintKeys: keys }))).toEqual(['t1', 't3'])
    expect(await listAll(findInTrail(file, { token: 'token-2' }, { fingerprintKeys: keys }))).toEqual([])
  })

  it('finds it by a key of before too', async () => {
    await write({ fingerprintKeys: [oldKey, ...keys] })
    const both = { fingerprintKeys: [...keys, oldKey] }
    expect(await listAll(findInTrail(file, { token: 'token-1' }, both))).toEqual(['t1', 't3'])
    expect(await listAll(findInTrail(file, { token: 'token-1' }, { fingerprintKeys: keys }))).toEqual([])
  })

  it('finds somebody as subject and as actor, of that issuer alone', async () => {
    await write()
    expect(await listAll(findInTrail(file, { subject: { iss: 'https://a.example', sub: 'alice' } }))).toEqual(['t1'])
    expect(await listAll(findInTrail(file, { subject: { iss: 'https://a.example', sub: 'bob' } }))).toEqual(['t2'])
  })

  it('finds somebody by the pseudonym, for who holds the key', async () => {
    await write({ privacy: { pseudonymousSubjects: true } })
    const subject = { iss: 'https://b.example', sub: 'alice' }
    expect(await listAll(findInTrail(file, { subject }, { fingerprintKeys: keys }))).toEqual(['t2'])
    expect(await listAll(findInTrail(file, { subject }))).toEqual([])
  })

  it('finds a chain of calls, and what meets all that is asked for', async () => {
    await write()
    expect(await listAll(findInTrail(file, { txn: 't2' }))).toEqual(['t2'])
    expect(await listAll(findInTrail(file, { txn: 't2', token: 'token-1' }, { fingerprintKeys: keys }))).toEqual([])
  })

  it('reads on where the file was put aside and the next was not begun: its writer died between the two', async () => {
    await write()
    renameSync(file, file.replace('.jsonl', '.2099-01-01T00-00-00-000Z.jsonl'))
    expect(await listAll(findInTrail(file, { txn: 't3' }))).toEqual(['t3'])
    expect(await verifyTrail(file)).toMatchObject({ ok: true, streams: [{ stopped: true }] })
    const next = createAuditTrail(toOptions([fileSink(file, { reserveBytes: 0 })]))
    await next.close()
    expect((await verifyTrail(file)).streams.map(({ follows }) => follows !== undefined)).toEqual([false, true])
    await expect(verifyTrail(`${file}.nothing`)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('finds somebody, and a chain of calls, by names that are kept escaped or cut', async () => {
    const trail = createAuditTrail(toOptions([fileSink(file, { reserveBytes: 0 })]))
    const names = [
      'al\u200Bice',
      'CORP\\user',
      'x'.repeat(300),
      'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.',
      '\uD800',
      '',
      ' ',
    ]
    const subjects = names.map((sub) => ({ iss: `https://a.example/${sub.repeat(3)}`, sub }))
    for (const [at, subject] of subjects.entries())
      await trail.record({ ...exchange, subject, txn: `${at} ${subject.sub}` })
    await trail.close()
    for (const [at, subject] of subjects.entries()) {
      const found = await listAll(findInTrail(file, { subject }))
      expect(found).toHaveLength(1)
      expect(found[0]).toMatch(new RegExp(`^${at} `))
      expect(await listAll(findInTrail(file, { txn: `${at} ${subject.sub}` }))).toEqual(found)
    }
  })

  it('misses nothing of a file that is put aside while it looks', async () => {
    const trail = createAuditTrail(toOptions([fileSink(file, { reserveBytes: 0, maxBytes: 4_096 })]))
    for (let index = 0; index < 30; index++) await trail.record({ ...exchange, txn: 'same' })
    await trail.close()
    const events = findInTrail(file, { txn: 'same' })
    await events.next()
    putAside()
    expect(await listAll(events)).toHaveLength(29)
    await expect(listAll(findInTrail(`${file}.nothing`, { txn: 'same' }))).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('refuses to look for nothing, and for a token without a key', async () => {
    await write()
    await expect(listAll(findInTrail(file, {}))).rejects.toThrow(RangeError)
    await expect(listAll(findInTrail(file, { token: 'a' }))).rejects.toThrow(RangeError)
  })
})

describe('tailTrail', () => {
  const follow = (from: 'start' | 'end'): { found: string[]; stop: () => Promise<void> } => {
    const controller = new AbortController()
    const found: string[] = []
    const done = (async () => {
      for await (const { txn, type } of tailTrail(file, { from, signal: controller.signal, pollMs: 5 }))
        found.push(txn ?? type)
    })()
    return {
      found,
      stop: async () => {
        controller.abort()
        await done
      },
    }
  }

  it('gives what is there and what comes, each once, across files that are put aside meanwhile', async () => {
    const trail = createAuditTrail(toOptions([fileSink(file, { reserveBytes: 0, maxBytes: 4_096 })]))
    for (let index = 0; index < 20; index++) await trail.record({ ...exchange, txn: `x${index}` })
    const { found, stop } = follow('start')
    for (let index = 20; index < 200; index++) await trail.record({ ...exchange, txn: `x${index}` })
    await trail.close()
    await until(() => found.includes('service.stopped'))
    await stop()
    expect(found).toEqual([
      'service.started',
      ...Array.from({ length: 200 }, (_, index) => `x${index}`),
      'service.stopped',
    ])
  })

  it('misses nothing of a file that is put aside as the tail begins', async () => {
    const trail = createAuditTrail(toOptions([fileSink(file, { reserveBytes: 0 })]))
    await trail.close()
    const line = readFileSync(file)
    for (let round = 0; round < 300; round++) {
      file = path.join(path.dirname(file), `${round}.jsonl`)
      writeFileSync(file, line)
      const controller = new AbortController()
      const events = tailTrail(file, { from: 'start', signal: controller.signal, pollMs: 5 })
      const first = events.next()
      for (let turn = round % 4; turn > 0; turn--) await stat(file)
      putAside()
      appendFileSync(file, '\n')
      setTimeout(() => controller.abort(), 200)
      expect((await first).value).toMatchObject({ type: 'service.started' })
      controller.abort()
      await events.return()
    }
  }, 60_000)

  it('waits for a file that is not there yet, and for the rest of a line', async () => {
    const { found, stop } = follow('end')
    const trail = createAuditTrail(toOptions([fileSink(file, { reserveBytes: 0 })]))
    await trail.record({ ...exchange, txn: 'first' })
    await until(() => found.includes('first'))
    appendFileSync(file, '{"half of')
    await new Promise((resolve) => setTimeout(resolve, 30))
    appendFileSync(file, ' a line\n')
    await trail.record({ ...exchange, txn: 'second' })
    await until(() => found.includes('second'))
    // Whether 'service.started' was seen depends on who was first.
    expect(found.filter((txn) => txn !== 'service.started')).toEqual(['first', 'second'])
    await trail.close()
    await stop()
  })

  it('begins at the end unless it is told otherwise', async () => {
    writeFileSync(file, '')
    const trail = createAuditTrail(toOptions([fileSink(file, { reserveBytes: 0 })]))
    await trail.record({ ...exchange, txn: 'before' })
    const { found, stop } = follow('end')
    await new Promise((resolve) => setTimeout(resolve, 50))
    await trail.record({ ...exchange, txn: 'after' })
    await until(() => found.includes('after'))
    expect(found).not.toContain('before')
    await trail.close()
    await stop()
  })
})
