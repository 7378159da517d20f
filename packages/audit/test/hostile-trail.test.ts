import { createAuditTrail, fileSink, findInTrail, tailTrail, toOCSF, verifyTrail } from '@countersign/audit'
import type { TrailReport } from '@countersign/audit'
import type { AuditEvent } from '@countersign/core'
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { calculateJwkThumbprint } from 'jose'
import type { JSONWebKeySet } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { signCheckpoint } from '../src/chain/checkpoint.js'
import { seal } from '../src/chain/line.js'
import { toSigner } from '../src/chain/signer.js'
import { ENTRY } from '../src/event/table.js'
import { createTestSink, exchange, toOptions } from './doubles.js'

const folder = mkdtempSync(path.join(tmpdir(), 'countersign-hostile-'))
const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const FIRST = 6
let lines: string[]
let known: AuditEvent[]
let keys: JSONWebKeySet

/** Three streams of six events, each with a checkpoint at its end. */
beforeAll(async () => {
  const file = path.join(folder, 'audit.jsonl')
  const second = createTestSink('second')
  for (let count = 0; count < 3; count++) {
    const checkpoints = { key, sink: second }
    const trail = createAuditTrail(toOptions([fileSink(file, { reserveBytes: 0 })], { checkpoints }))
    for (const txn of ['a\uD800', 'b', 'c']) await trail.record({ ...exchange, txn, durationMs: 0.1 })
    await trail.close()
  }
  lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  known = second.events
  const jwk = createPublicKey(key).export({ format: 'jwk' })
  keys = { keys: [{ ...jwk, kid: await calculateJwkThumbprint(jwk) } as JSONWebKeySet['keys'][number]] }
})

async function* toSource<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items
}
const verify = (trail: readonly string[], checkpoints: readonly AuditEvent[] = known): Promise<TrailReport> =>
  verifyTrail(toSource([trail.map((line) => `${line}\n`).join('')]), {
    checkpoints: { keys, source: toSource(checkpoints) },
  })
const parse = (line: string | undefined): AuditEvent => JSON.parse(line ?? '') as AuditEvent

/** An event that somebody made up, with a hash that fits. */
function forge(members: object, place: Partial<AuditEvent['chain']> = {}): string {
  const { chain: _, predecessor: __, ...event } = parse(lines[0])
  return seal({ ...event, ...members, chain: { stream: 'forged', seq: 1, prev: '', ...place } } as never).line
}

describe('a line that reads otherwise than the event that was sealed', () => {
  it.each([
    ['has a member twice', (line: string) => line.replace('"outcome":', '"outcome":"denied","outcome":')],
    ['has a member twice, once by an escape', (line: string) => line.replace('"txn":', '"\\u0074xn":"other","txn":')],
    ['has another number that counts as the same', (line: string) => line.replace('0.1', '0.10000000000000000999')],
    [
      'has its members in another order',
      (line: string) => JSON.stringify(Object.fromEntries(Object.entries(parse(line)).toReversed())),
    ],
    ['hides text in white space', (line: string) => line.replace('{', '{\t \r')],
    ['ends in a carriage return', (line: string) => `${line}\r`],
  ])('is edited where it %s', async (_, change) => {
    const changed = change(lines[1] ?? '')
    expect(changed).not.toBe(lines[1])
    expect((await verify(lines.toSpliced(1, 1, changed))).firstBad).toMatchObject({ kind: 'edited', seq: 2, line: 2 })
  })

  it('is no event where it is not UTF-8: what is read in its place may be what was sealed', async () => {
    const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''))
    const at = bytes.indexOf('\uFFFD')
    expect(at).toBeGreaterThan(0)
    const changed = Buffer.concat([bytes.subarray(0, at), Buffer.from([0xff]), bytes.subarray(at + 3)])
    expect((await verifyTrail(toSource([bytes]))).ok).toBe(true)
    expect((await verifyTrail(toSource([changed]))).firstBad).toMatchObject({ kind: 'garbage', line: 2 })
  })
})

describe('a trail of which a checkpoint is held', () => {
  it('is truncated where all of it is gone', async () => {
    expect((await verify([])).firstBad).toMatchObject({ kind: 'truncated', toSeq: 5 })
    expect((await verifyTrail(toSource<string>([]))).ok).toBe(true)
  })

  it('is truncated where all of it is gone, and another stands in its place', async () => {
    expect((await verify([forge({ time: new Date().toISOString() })])).firstBad).toMatchObject({ kind: 'truncated' })
  })

  it('is truncated where its last stream is gone, whatever time its first event says that it is', async () => {
    const rest = lines.slice(0, -FIRST)
    const { stream } = parse(lines.at(-1)).chain
    const cut = { kind: 'truncated', stream, seq: 1, toSeq: 5 }
    expect((await verify(rest)).problems).toContainEqual(cut)
    for (const time of ['9999-12-31T23:59:59.999Z', 'z', 7, undefined])
      expect((await verify([forge({ time }), ...rest])).problems).toContainEqual(cut)
  })

  it('may have lost its oldest streams: old files are deleted', async () => {
    expect(await verify(lines.slice(FIRST))).toMatchObject({ ok: true })
  })

  it('is rewritten where two checkpoints speak of one number and not of one event, whichever comes first', async () => {
    const { stream, seq } = parse(lines[4]).chain
    const jws = await signCheckpoint(await toSigner(key), { stream, seq, hash: 'other' }, new Date().toISOString())
    const other = { ...known[0], checkpoint: { seq, hash: 'other', jws } } as AuditEvent
    for (const both of [
      [other, ...known],
      [...known, other],
    ])
      expect((await verify(lines, both)).problems).toContainEqual({ kind: 'rewritten', stream, seq })
    expect((await verify(lines, [...known, ...known])).ok).toBe(true)
  })
})

describe('a stream that was written anew around the numbers of its checkpoints', () => {
  /** Seven events with checkpoints over 3 and 6, of which all from the second on may be made up. */
  const write = async (made: readonly (readonly [number, object?])[], isLinked = true): Promise<TrailReport> => {
    const original: AuditEvent[] = []
    const forged: string[] = []
    for (let seq = 1; seq <= 7; seq++)
      original.push(parse(forge({ txn: `real ${seq}` }, { seq, prev: original.at(-1)?.chain.hash ?? '' })))
    for (const [seq, members] of made) {
      const last = parse(forged.at(-1) ?? '{"chain":{"hash":""}}').chain
      const before = isLinked || last.seq === seq - 1 ? last.hash : 'of what is not here'
      forged.push(members === undefined ? JSON.stringify(original[seq - 1]) : forge(members, { seq, prev: before }))
    }
    const signer = await toSigner(key)
    const checkpoints = [3, 6].map(async (seq) => {
      const { chain } = original[seq - 1] as AuditEvent
      const jws = await signCheckpoint(signer, chain, new Date().toISOString())
      return { ...original[0], checkpoint: { seq, hash: chain.hash, jws } } as AuditEvent
    })
    return verify(forged, await Promise.all(checkpoints))
  }
  const tell = (from: number, to: number): object => ({ type: 'audit.gap', gap: { from, to, count: to - from + 1 } })

  it('is whole where nobody did', async () => {
    expect(await write([[1], [2], [3], [4], [5], [6], [7]])).toMatchObject({ ok: true, checkpoints: 2 })
  })

  it('is rewritten where the chain goes on across them', async () => {
    const report = await write([[1], [2, {}], [4, {}], [5, {}], [7, {}]])
    expect(report.problems).toMatchObject([
      { kind: 'rewritten', seq: 3 },
      { kind: 'rewritten', seq: 6 },
    ])
  })

  it('is rewritten where a gap that was made up tells of the last one', async () => {
    expect((await write([[1], [2], [3], [4], [5], [7, {}], [8, tell(6, 6)]], false)).problems).toContainEqual(
      expect.objectContaining({ kind: 'rewritten', seq: 6 }),
    )
  })

  it('is missing what only a gap tells of that no checkpoint covers', async () => {
    expect((await write([[1], [2], [3], [6], [7], [8, tell(4, 5)]])).firstBad).toMatchObject({
      kind: 'missing',
      seq: 4,
    })
    expect((await write([[1], [2], [6], [7], [8, tell(3, 5)]])).firstBad).toMatchObject({ kind: 'missing', seq: 3 })
  })

  it('is missing what a gap tells of before it is over', async () => {
    expect((await write([[1], [2], [3], [4, tell(5, 5)], [6], [7]])).firstBad).toMatchObject({
      kind: 'missing',
      seq: 5,
    })
  })

  it('is missing the newest checkpoint that is held where it begins behind it', async () => {
    expect((await write([[7, {}]])).firstBad).toMatchObject({ kind: 'missing', seq: 6 })
    expect((await write([[6], [7]])).ok).toBe(true)
  })
})

describe('whatever a trail holds, reading it throws nothing', () => {
  const mute = { toString: 7, valueOf: 7 }
  const odd = [null, 7, 'x', [], {}, { stream: null }, [null], { seq: 'x' }]
  const members = ['checkpoint', 'gap', 'predecessor', 'actor', 'subject', 'tokens', 'time', 'service', 'txn']
  const cases = members.flatMap((name) => odd.map((value) => ({ [name]: value })))

  it('of members that are something else', async () => {
    for (const type of ['audit.checkpoint', 'audit.gap', 'token.exchange', '__proto__', 'constructor']) {
      const forged = cases.map((each, index) => forge({ type, ...each }, { stream: `forged ${index}` }))
      const all = [...lines, ...forged]
      const source = (): AsyncIterable<string> => toSource([all.map((line) => `${line}\n`).join('')])
      const report = await verify(all)
      expect(report.events + report.problemCount + report.torn.length).toBeGreaterThanOrEqual(all.length)
      expect((await verify(lines, forged.map(parse))).streams).toHaveLength(3)
      for await (const event of findInTrail(source(), { txn: 'x' })) toOCSF(event)
      const query = { token: 'a', subject: { iss: 'b', sub: 'c' }, txn: 'd' }
      const fingerprintKeys = [{ id: 'k1', secret: Buffer.alloc(32, 7) }]
      for await (const event of findInTrail(source(), query, { fingerprintKeys })) expect(event).toBeUndefined()
      for await (const event of findInTrail(source(), { subject: query.subject })) expect(event).toBeUndefined()
    }
  })

  it('of objects whose members are something else, as they are tailed to where they are mapped', async () => {
    const holders: Readonly<Record<string, readonly string[]>> = {
      ...Object.fromEntries(
        Object.entries(ENTRY).flatMap(([name, { members: own }]) => (own ? [[name, Object.keys(own)] as const] : [])),
      ),
      actor: Object.keys(ENTRY.subject.members ?? {}),
      service: ['name', 'version', 'instance'],
      counted: ['count', 'network', 'firstTime', 'lastTime'],
      gap: ['sink', 'from', 'to', 'count'],
      sink: ['name', 'failure'],
      checkpoint: ['seq', 'hash', 'jws'],
      predecessor: ['stream', 'seq', 'hash'],
    }
    // What cannot be made text of is an object too.
    const values = [null, true, 0, -1.5, '', 'x', '__proto__', 'constructor', [], [null], {}, mute, [mute]]
    const types = ['authn.success', 'authz.denied', 'subject.revoked', 'key.revoked', 'audit.gap']
    const inside = Object.entries(holders).flatMap(([holder, own]) => {
      const all = own.flatMap((name) => values.map((value) => ({ [name]: value })))
      return [{}, ...all].map((members) => ({ [holder]: holder === 'actor' ? [members] : members }))
    })
    const beside = ['reason', 'txn', 'durationMs'].flatMap((name) => values.map((value) => ({ [name]: value })))
    const forged = types.flatMap((type) => [...inside, ...beside].map((members) => forge({ ...members, type })))
    const file = path.join(folder, 'tailed.jsonl')
    writeFileSync(file, forged.map((line) => `${line}\n`).join(''))
    let mapped = 0
    const end = new AbortController()
    for await (const event of tailTrail(file, { from: 'start', signal: end.signal })) {
      expect(JSON.parse(JSON.stringify(toOCSF(event)))).toMatchObject({ unmapped: { chain: { stream: 'forged' } } })
      if (++mapped === forged.length) end.abort()
    }
    expect(mapped).toBe(forged.length)
  })

  it('of rows that are no events', async () => {
    const rows = [...lines.map(parse), null, 7, 'x', {}, [], { chain: null }] as AuditEvent[]
    expect(await verifyTrail(toSource(rows))).toMatchObject({ ok: false, events: lines.length, problemCount: 6 })
    expect(await verifyTrail(toSource([...rows, {}].toReversed() as AuditEvent[]))).toMatchObject({ ok: false })
  })

  it('of more gaps over one number than a function takes arguments', async () => {
    const gap = { from: 2, to: 3, count: 2 }
    const gaps = Array.from({ length: 130_000 }, (_, at) => forge({ type: 'audit.gap', gap }, { seq: at * 2 + 1 }))
    expect((await verifyTrail(toSource([gaps.join('\n')]))).gaps).toHaveLength(129_999)
  }, 60_000)

  it('of more streams that name what has gone than a loop goes through for each', async () => {
    const long = Array.from({ length: 16_400 }, (_, at) => forge({}, { stream: 'long', seq: at * 2 + 1 }))
    const heads = (at: number): object => ({ stream: 'long', seq: (at % 9) * 2 + 1 + (at % 2), hash: 'x' })
    const naming = Array.from({ length: 30_000 }, (_, at) => forge({ predecessor: heads(at) }, { stream: `${at}` }))
    const { unchecked } = await verifyTrail(toSource([[...long, ...naming].join('\n')]))
    // Those in gaps too: no checkpoint says that their events were there.
    expect(unchecked).toHaveLength(30_000)
  }, 30_000)

  it('of a stream that follows what is no place', async () => {
    for (const predecessor of [{}, { stream: 7, seq: 1, hash: 'x' }, { stream: 'x', seq: '1', hash: 'x' }])
      expect((await verify([...lines, forge({ predecessor })])).problems).toMatchObject([
        { kind: 'garbage', stream: 'forged', seq: 1, line: 19 },
      ])
  })

  it('of the names of prototypes', async () => {
    const named = lines.toSpliced(1, 1, (lines[1] ?? '').replace('{', '{"__proto__":{"outcome":"denied"},'))
    expect((await verify(named)).firstBad).toMatchObject({ kind: 'edited', line: 2 })
    const streams = ['__proto__', 'constructor', 'toString'].map((stream) => forge({}, { stream }))
    expect((await verify([...lines, ...streams])).streams).toHaveLength(6)
  })

  it('of lines without end, of nothing, or of brackets', async () => {
    const noise = ['x'.repeat(3_000_000), '\0'.repeat(5_000), '['.repeat(400_000), '\uFEFF{}', '{"v":1e999}', '""']
    const report = await verify([...lines, ...noise])
    expect(report).toMatchObject({ ok: false, events: lines.length, problemCount: noise.length })
  })
})
