import { verifyTrail } from '@countersign/audit'
import type { TrailReport, VerifyOptions } from '@countersign/audit'
import type { AuditEvent, AuditHead } from '@countersign/core'
import { execFileSync, spawn } from 'node:child_process'
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { calculateJwkThumbprint } from 'jose'
import type { JSONWebKeySet } from 'jose'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { signCheckpoint } from '../src/chain/checkpoint.js'
import { seal, toLine } from '../src/chain/line.js'
import { createSealer } from '../src/chain/sealer.js'
import type { Sealer } from '../src/chain/sealer.js'
import { toSigner } from '../src/chain/signer.js'
import { toEvent } from './events.js'

const folder = mkdtempSync(path.join(tmpdir(), 'countersign-links-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
let keys: JSONWebKeySet
beforeAll(async () => {
  const jwk = createPublicKey(key).export({ format: 'jwk' })
  keys = { keys: [{ ...jwk, kid: await calculateJwkThumbprint(jwk) } as JSONWebKeySet['keys'][number]] }
})

async function* toSource<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items
}

let now = Date.UTC(2026, 10, 24)
const { chain: _, ...content } = toEvent('token.exchange')
type Members = Partial<Omit<AuditEvent, 'chain'>>

/** So many events of a stream, each a second after the one before. */
function write(stream: string, count: number, predecessor?: AuditHead): AuditEvent[] {
  const sealer = createSealer(stream, predecessor)
  const toTime = (): string => new Date((now += 1_000)).toISOString()
  return Array.from({ length: count }, () => sealer.seal({ ...content, time: toTime() }).event)
}

const toHead = (event: AuditEvent | undefined): AuditHead | undefined =>
  event && { stream: event.chain.stream, seq: event.chain.seq, hash: event.chain.hash }

/** So many events that somebody made up, behind one that stands there. */
function forge(count: number, after: AuditEvent | undefined, members: Members = {}): AuditEvent[] {
  const { stream = 'forged', seq = 0, hash = '' } = after?.chain ?? {}
  const forged: AuditEvent[] = []
  for (let at = 1; at <= count; at++) {
    const chain = { stream, seq: seq + at, prev: forged.at(-1)?.chain.hash ?? hash }
    forged.push(seal({ ...content, txn: 'forged', ...members, chain }).event)
  }
  return forged
}

async function sign(...events: readonly (AuditEvent | undefined)[]): Promise<AuditEvent[]> {
  const signer = await toSigner(key)
  return Promise.all(
    events.map(async (event) => {
      if (event === undefined) throw new Error('There is no such event')
      const { seq, hash } = event.chain
      const jws = await signCheckpoint(signer, event.chain, event.time)
      return { ...event, type: 'audit.checkpoint', checkpoint: { seq, hash, jws } } as AuditEvent
    }),
  )
}

const verify = (
  events: readonly AuditEvent[],
  known?: readonly AuditEvent[],
  options: VerifyOptions = {},
): Promise<TrailReport> =>
  verifyTrail(toSource(events), {
    ...options,
    ...(known && { checkpoints: { keys, source: toSource(known) } }),
  })

const o = write('O', 6)
const a = write('A', 6, o.at(-1)?.chain)
const b = write('B', 6, a.at(-1)?.chain)
const c = write('C', 6, b.at(-1)?.chain)
const whole = [...o, ...a, ...b, ...c]

describe('how a stream ended is known of the next, wherever that one was moved', () => {
  it('to the front, which by itself is out of order', async () => {
    expect((await verify(whole)).ok).toBe(true)
    const report = await verify([...b, ...o, ...a, ...c])
    expect(report.firstBad).toEqual({ kind: 'out-of-order', stream: 'B', seq: 1, line: 1 })
    expect(report.problemCount).toBe(1)
  })

  it('before the last of the events that it follows, though not to the front', async () => {
    const report = await verify([...o, ...a.slice(0, 5), ...b, ...a.slice(5), ...c])
    expect(report.problems).toEqual([{ kind: 'out-of-order', stream: 'B', seq: 1, line: 12 }])
  })

  it('to the front, so that the end of the one before could be cut off', async () => {
    const known = await sign(o[5], a[2], b[3], c[3])
    const cut = [...o, ...a.slice(0, 4)]
    for (const forged of [
      [...b, ...cut, ...c],
      [b[0] as AuditEvent, ...cut, ...b, ...c],
    ]) {
      for (const report of [await verify(forged), await verify(forged, known)])
        expect(report.problems).toContainEqual({ kind: 'truncated', stream: 'A', seq: 5, toSeq: 6, line: 1 })
    }
  })

  it('to the front, so that the end of the one before could be written anew', async () => {
    const known = await sign(o[5], a[2], b[3], c[3])
    const anew = [...o, ...a.slice(0, 3), ...forge(3, a[2])]
    expect((await verify([...b, ...anew, ...c], known)).firstBad).toMatchObject({ kind: 'out-of-order', line: 1 })
    expect((await verify([b[0] as AuditEvent, ...anew, ...b, ...c], known)).ok).toBe(false)
  })

  it('to the front, so that all of the one before could be taken out', async () => {
    for (const forged of [
      [...b, ...o, ...c],
      [b[0] as AuditEvent, ...o, ...b, ...c],
      [...b, ...c, ...o],
    ])
      expect((await verify(forged)).firstBad).toEqual({
        kind: 'truncated',
        stream: 'A',
        seq: 1,
        toSeq: 6,
        line: 1,
      })
  })

  it('to the front as one event of any time, that stands behind all that is known of it', async () => {
    const known = await sign(o[5], a[2], b[3], c[3])
    for (const time of ['2000-01-01T00:00:00.000Z', '2100-01-01T00:00:00.000Z'])
      for (const [after, rest] of [
        [a[5], [...o, ...b, ...c]],
        [c[5], [...o, ...a, ...b]],
      ] as const) {
        const report = await verify([...forge(1, after, { time }), ...rest], known)
        expect(report.problems.map(({ kind }) => kind)).toContain('missing')
      }
    // Nobody follows the one, and the checkpoint of the other is newer.
    const [d, e] = [write('D', 3, c[5]?.chain), write('E', 3, c[5]?.chain)]
    const both = [...known, ...(await sign(d[1], e[1]))]
    expect((await verify([...whole, ...d, ...e], both)).ok).toBe(true)
    const alone = forge(1, d[2], { time: '2000-01-01T00:00:00.000Z' })
    const report = await verify([...alone, ...whole, ...e], both)
    expect(report.problems).toEqual([{ kind: 'missing', stream: 'D', seq: 1, toSeq: 3, line: 1 }])
  })

  it('to the front without its own beginning', async () => {
    for (const excerpt of [false, true]) {
      const report = await verify([...a.slice(3), ...o, ...b, ...c], undefined, { excerpt })
      expect(report.problems).toEqual(excerpt ? [] : [{ kind: 'missing', stream: 'A', seq: 1, toSeq: 3, line: 1 }])
    }
  })
})

it('a stream is stopped whatever its last words say that a sink has lost meanwhile', async () => {
  const members: Members[] = [{}, { type: 'service.stopped' }, { type: 'audit.gap', gap: { from: 9, to: 9, count: 1 } }]
  const sealer = createSealer('ended', undefined)
  const ended = members.map((each) => sealer.seal({ ...content, ...each }).event)
  expect((await verify(ended)).streams).toMatchObject([{ stopped: true }])
  expect((await verify([...ended, sealer.seal({ ...content }).event])).streams).toMatchObject([{ stopped: false }])
})

describe('a trail that really begins later', () => {
  it('may begin with a stream that follows one which was deleted', async () => {
    for (const rest of [whole.slice(6), whole.slice(12), whole.slice(9), whole.slice(12).concat(write('D', 3))])
      expect(await verify(rest)).toMatchObject({ ok: true, problems: [] })
  })

  it('may have a stream before it of which only what came later is left, as an excerpt', async () => {
    const other = write('other', 3, a[2]?.chain)
    const unchecked = [{ stream: 'other', follows: { stream: 'A', seq: 3 } }]
    expect(await verify([...other, ...a.slice(3)], undefined, { excerpt: true })).toMatchObject({ ok: true, unchecked })
    expect(await verify([...a.slice(3), ...other])).toMatchObject({ ok: true, unchecked })
  })

  it('may have a stream that went on after another had named it', async () => {
    const other = write('other', 3, a[2]?.chain)
    for (const events of [
      [...o, ...a, ...other],
      [...o, ...a.slice(0, 3), ...other, ...a.slice(3)],
    ])
      expect(await verify(events)).toMatchObject({ ok: true, unchecked: [] })
  })
})

it('a table of several processes is whole, stream after stream and in the order of its rows, also without its last rows', async () => {
  const step = fc.record({ process: fc.nat({ max: 3 }), isBeginning: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60 }), fc.nat({ max: 60 }), async (steps, length) => {
      const rows: AuditEvent[] = []
      const running = new Map<number, Sealer>()
      for (const { process, isBeginning } of steps) {
        const begun = isBeginning ? undefined : running.get(process)
        // What was recorded last by any of them.
        const sealer = begun ?? createSealer(`${process} ${rows.length}`, toHead(rows.at(-1)))
        running.set(process, sealer)
        rows.push(sealer.seal({ ...content, time: new Date((now += 1_000)).toISOString() }).event)
      }
      const kept = rows.slice(0, length)
      const streams = new Set(kept.map(({ chain }) => chain.stream))
      const byStream = [...streams].flatMap((stream) => kept.filter(({ chain }) => chain.stream === stream))
      for (const events of [kept, byStream])
        expect(await verify(events)).toMatchObject({ ok: true, problems: [], unchecked: [] })
    }),
    { numRuns: 100 },
  )
})

describe('an event that the next stream names', () => {
  const FAR = 16_400
  let known: AuditEvent[]
  beforeAll(async () => void (known = await sign(o[5], a[2], b[3])))
  const toFile = (events: readonly AuditEvent[]): string => {
    const file = path.join(folder, `${Math.random()}.jsonl`)
    writeFileSync(file, events.map((event) => `${toLine(event)}\n`).join(''))
    return file
  }
  const inFile = (events: readonly AuditEvent[]): Promise<TrailReport> =>
    verifyTrail(toFile(events), { checkpoints: { keys, source: toSource(known) } })

  it('is compared in files, however much was put behind it', async () => {
    const anew = [...o, ...a.slice(0, 3), ...forge(3 + FAR, a[2]), ...b]
    const report = await inFile(anew)
    expect(report.problems).toEqual([{ kind: 'rewritten', stream: 'A', seq: 6, line: 6 + 6 + FAR + 1 }])
    const honest = await inFile([...o, ...a, ...forge(FAR, a[5]), ...b])
    expect(honest).toMatchObject({ ok: true, unchecked: [] })
  })

  it('is compared in files, however many streams were put in between', async () => {
    const strangers = Array.from({ length: 8 }, (__, at) => forge(1, undefined, { id: `${at}` }))
    const between = strangers.map(([event], at) => {
      const { chain, ...rest } = event as AuditEvent
      return seal({ ...rest, chain: { stream: `stranger ${at}`, seq: 1, prev: chain.prev } }).event
    })
    const report = await inFile([...o, ...a.slice(0, 3), ...forge(4, a[2]), ...between, ...b])
    expect(report.problems).toMatchObject([{ kind: 'rewritten', stream: 'A', seq: 6 }])
  })

  it('is not looked for in a pipe, of which nothing is left to read again', async () => {
    const pipe = path.join(folder, 'pipe')
    execFileSync('mkfifo', [pipe])
    const writer = spawn('sh', ['-c', 'cat "$0" > "$1"', toFile(whole), pipe])
    onTestFinished(() => void writer.kill())
    const report = await verifyTrail(pipe, { checkpoints: { keys, source: toSource(known) } })
    expect(report).toMatchObject({ ok: true, events: whole.length, unchecked: [] })
  }, 30_000)

  it('is listed where a source that comes but once had it too long ago to be compared', async () => {
    const report = await verify([...o, ...a.slice(0, 3), ...forge(3 + FAR, a[2]), ...b], known)
    expect(report.unchecked).toEqual([{ stream: 'B', follows: { stream: 'A', seq: 6, hash: a[5]?.chain.hash } }])
    expect((await verify([...o, ...a, ...b], known)).unchecked).toEqual([])
  })

  it('is no number of a gap that something made up tells of', async () => {
    const gap = { from: 5, to: 6, count: 2 }
    const [told] = forge(1, { ...a[5], chain: { stream: 'A', seq: 6, prev: '', hash: 'x' } } as AuditEvent, {
      type: 'audit.gap',
      gap,
    })
    const report = await verify([...o, ...a.slice(0, 4), told as AuditEvent, ...b], known)
    expect(report.firstBad).toMatchObject({ kind: 'rewritten', stream: 'A', seq: 6 })
  })

  it.each([
    ['before', (end: readonly AuditEvent[]) => [...o, ...end, ...b]],
    ['behind', (end: readonly AuditEvent[]) => [...o, ...b, ...end]],
  ])('is no number of a gap that is all that is left of its stream, %s the one that names it', async (_, put) => {
    const gap = { from: 1, to: 6, count: 6 }
    const [told] = forge(1, a[5], { type: 'audit.gap', gap })
    for (const excerpt of [false, true]) {
      const report = await verify(put([told as AuditEvent]), await sign(o[5], b[3]), { excerpt })
      expect(report.ok && report.unchecked.length === 0).toBe(false)
      if (!excerpt)
        expect(report.problems).toContainEqual(expect.objectContaining({ kind: 'rewritten', stream: 'A', seq: 6 }))
    }
  })

  it('may be in a gap: this copy has lost it where a later checkpoint vouches for that, and where none does it is listed', async () => {
    const sealer = createSealer('A', o[5]?.chain)
    const gap = { from: 2, to: 3, count: 2 }
    const all = [{}, {}, {}, { type: 'audit.gap', gap } as const, {}].map(
      (members) => sealer.seal({ ...content, ...members }).event,
    )
    const other = write('other', 2, all[2]?.chain)
    const copy = [...o, ...all.filter(({ chain: { seq } }) => seq !== 2 && seq !== 3), ...other]
    const gaps = [{ from: 2, to: 3, told: true }]
    expect(await verify(copy, await sign(all[4], other[1]))).toMatchObject({ ok: true, unchecked: [], gaps })
    const unchecked = [{ stream: 'other', follows: { stream: 'A', seq: 3 } }]
    expect(await verify(copy)).toMatchObject({ ok: true, unchecked, gaps })
  })
})
