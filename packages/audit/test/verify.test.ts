import { createAuditTrail, fileSink, verifyTrail } from '@countersign/audit'
import type { TrailReport } from '@countersign/audit'
import type { AuditEvent } from '@countersign/core'
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { createReadStream, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { calculateJwkThumbprint } from 'jose'
import type { JSONWebKeySet } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { seal } from '../src/chain/line.js'
import { createTestSink, denial, exchange, toOptions } from './doubles.js'

const folder = mkdtempSync(path.join(tmpdir(), 'countersign-verify-'))
const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
let names = 0
const toFile = (): string => path.join(folder, `${++names}.jsonl`)

async function toJwks(of: KeyObject): Promise<JSONWebKeySet> {
  const jwk = createPublicKey(of).export({ format: 'jwk' })
  return { keys: [{ ...jwk, kid: await calculateJwkThumbprint(jwk) } as JSONWebKeySet['keys'][number]] }
}

/** Writes streams one after the other, each of started, three events, stopped, with a checkpoint at the end. */
async function write(streams: number): Promise<{ lines: string[]; checkpoints: AuditEvent[] }> {
  const file = toFile()
  const second = createTestSink('second')
  for (let count = 0; count < streams; count++) {
    const trail = createAuditTrail(
      toOptions([fileSink(file, { reserveBytes: 0 })], { checkpoints: { key, sink: second } }),
    )
    await trail.record(exchange)
    await trail.record(denial)
    await trail.record({ ...exchange, txn: 'chain of calls' })
    await trail.close()
  }
  return { lines: readFileSync(file, 'utf8').trimEnd().split('\n'), checkpoints: second.events }
}

async function* toSource<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items
}

let whole: Awaited<ReturnType<typeof write>>
let keys: JSONWebKeySet
beforeAll(async () => {
  whole = await write(2)
  keys = await toJwks(key)
})

async function verify(lines: readonly string[], withCheckpoints = false): Promise<TrailReport> {
  const source = toSource([lines.map((line) => `${line}\n`).join('')])
  if (!withCheckpoints) return verifyTrail(source)
  return verifyTrail(source, { checkpoints: { keys, source: toSource(whole.checkpoints) } })
}
const replaceAt = (lines: readonly string[], index: number, change: (line: string) => string): string[] =>
  lines.map((line, at) => (at === index ? change(line) : line))
const placeOf = (line: string | undefined): { stream: string; seq: number } => {
  const { stream, seq } = parse(line).chain
  return { stream, seq }
}
const parse = (line: string | undefined): AuditEvent => JSON.parse(line ?? '') as AuditEvent

/** As somebody would who knows how the chain is made. */
function sealAnew(line: string, change: (event: AuditEvent) => object): string {
  const { chain, ...event } = parse(line)
  const { stream, seq, prev } = chain
  return seal({ ...event, ...change(parse(line)), chain: { stream, seq, prev } }).line
}

describe('a trail that nobody touched', () => {
  it('is whole, stream after stream', async () => {
    const report = await verify(whole.lines, true)
    expect(report).toMatchObject({ ok: true, events: 12, duplicates: 0, gaps: [], torn: [], problemCount: 0 })
    expect(report.firstBad).toBeUndefined()
    expect(
      report.streams.map(({ firstSeq, lastSeq, stopped, checkpointSeq }) => [
        firstSeq,
        lastSeq,
        stopped,
        checkpointSeq,
      ]),
    ).toEqual([
      [1, 6, true, 5],
      [1, 6, true, 5],
    ])
    expect(report.streams[1]?.follows).toBe(report.streams[0]?.stream)
  })

  it('is whole as a file, as a stream of bytes, and as events', async () => {
    const file = toFile()
    writeFileSync(file, `${whole.lines.join('\n')}\n`)
    for (const source of [file, [file], createReadStream(file, { highWaterMark: 7 }), toSource(whole.lines.map(parse))])
      expect(await verifyTrail(source)).toMatchObject({ ok: true, events: 12 })
  })

  it('may hold events twice: delivery is at least once', async () => {
    const lines = [...whole.lines.slice(0, 4), ...whole.lines.slice(2, 4), ...whole.lines.slice(4)]
    expect(await verify(lines)).toMatchObject({ ok: true, events: 12, duplicates: 2 })
  })

  it('may begin in the middle of its first stream: old files are deleted', async () => {
    expect(await verify(whole.lines.slice(3), true)).toMatchObject({ ok: true, events: 9 })
  })
})

describe('the verifier names', () => {
  it('an event that was edited', async () => {
    const report = await verify(replaceAt(whole.lines, 2, (line) => line.replace('alice', 'mallory')))
    const { stream } = parse(whole.lines[2]).chain
    expect(report.problems).toEqual([{ kind: 'edited', stream, seq: 3, line: 3 }])
    expect(report.firstBad).toEqual(report.problems[0])
  })

  it('an event that was edited and sealed anew', async () => {
    const report = await verify(replaceAt(whole.lines, 2, (line) => sealAnew(line, () => ({ txn: 'other' }))))
    expect(report.firstBad).toMatchObject({ kind: 'replaced', seq: 3, line: 4 })
  })

  it('an event that was taken out', async () => {
    const report = await verify(whole.lines.toSpliced(2, 2))
    expect(report.firstBad).toMatchObject({ kind: 'missing', seq: 3, toSeq: 4, line: 3 })
    expect(report.gaps).toMatchObject([{ from: 3, to: 4, told: false, linked: false }])
  })

  it('events that changed places', async () => {
    const [a = '', b = ''] = whole.lines.slice(2, 4)
    const report = await verify(whole.lines.toSpliced(2, 2, b, a))
    expect(report.firstBad).toMatchObject({ kind: 'missing', seq: 3, line: 3 })
    expect(report.problems[1]).toMatchObject({ kind: 'out-of-order', seq: 3, line: 4 })
  })

  it('a number that was changed, by the place where it stands', async () => {
    const report = await verify(replaceAt(whole.lines, 2, (line) => line.replace('"seq":3', '"seq":900')))
    expect(report.problems).toMatchObject([{ kind: 'edited', seq: 3, line: 3 }])
  })

  it('a line that is no event', async () => {
    const report = await verify(whole.lines.toSpliced(2, 0, 'nothing'))
    expect(report.firstBad).toMatchObject({ kind: 'garbage', seq: 3, line: 3 })
  })

  it('the end of a stream that was cut off, by what the next one says of it', async () => {
    const report = await verify(whole.lines.toSpliced(4, 2))
    expect(report.firstBad).toMatchObject({ kind: 'truncated', seq: 5, toSeq: 6, line: 5 })
  })

  it('a whole stream that is missing between two others', async () => {
    const { lines } = await write(3)
    const report = await verify(lines.toSpliced(6, 6))
    expect(report.firstBad).toMatchObject({ kind: 'truncated', seq: 1, toSeq: 6, line: 7 })
  })

  it('the end of the trail that was cut off, by a checkpoint elsewhere', async () => {
    const report = await verify(whole.lines.slice(0, -3), true)
    expect(report.firstBad).toMatchObject({ kind: 'truncated', seq: 4, toSeq: 5 })
  })

  it('nothing where the end was cut off and there is no checkpoint: nobody can', async () => {
    const report = await verify(whole.lines.slice(0, -3))
    expect(report.ok).toBe(true)
    expect(report.streams[1]?.stopped).toBe(false)
  })

  it('a trail that was written anew from an event on, by the checkpoint of before', async () => {
    const forged = replaceAt(whole.lines, 1, (line) => sealAnew(line, () => ({ txn: 'other' })))
    for (let index = 2; index < forged.length; index++) {
      const before = parse(forged[index - 1]).chain
      const { chain, ...event } = parse(forged[index])
      const predecessor = event.predecessor && { stream: before.stream, seq: before.seq, hash: before.hash }
      forged[index] = seal({
        ...event,
        ...(predecessor && { predecessor }),
        chain: { ...chain, prev: before.hash, hash: undefined } as never,
      }).line
    }
    expect(await verify(forged)).toMatchObject({ ok: true })
    const report = await verify(forged, true)
    expect(report.firstBad).toMatchObject({ kind: 'rewritten', seq: 5, line: 5 })
  })

  it('a checkpoint of a key that was not given, without saying that it was forged', async () => {
    const other = await toJwks(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)
    const lines = whole.lines.map((line) => `${line}\n`)
    const source = toSource(whole.checkpoints)
    const report = await verifyTrail(toSource(lines), { checkpoints: { keys: other, source } })
    const [{ kid } = {}] = keys.keys
    expect(report).toMatchObject({ ok: false, checkpoints: 0, problemCount: 4 })
    expect(report.firstBad).toEqual({ kind: 'unknown-checkpoint-key', kid, ...placeOf(whole.lines[5]), line: 6 })
    expect(report.problems[2]).toEqual({ kind: 'unknown-checkpoint-key', kid, ...placeOf(whole.lines[5]) })
    expect(report.streams.map(({ checkpointSeq }) => checkpointSeq)).toEqual([undefined, undefined])
  })

  it('a checkpoint that another key has signed in the name of one that was given', async () => {
    const other = await toJwks(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)
    const named = { keys: other.keys.map((each) => ({ ...each, kid: keys.keys[0]?.kid ?? '' })) }
    const source = toSource(whole.lines.map((line) => `${line}\n`))
    const report = await verifyTrail(source, { checkpoints: { keys: named } })
    expect(report.firstBad).toEqual({ kind: 'forged-checkpoint', ...placeOf(whole.lines[5]), line: 6 })
    expect(report).toMatchObject({ ok: false, checkpoints: 0 })
  })

  it('a stream without its beginning, where it is not the first', async () => {
    const report = await verify(whole.lines.toSpliced(6, 1))
    expect(report.firstBad).toMatchObject({ kind: 'missing', seq: 1, toSeq: 1, line: 7 })
    const excerpt = await verifyTrail(toSource([whole.lines.toSpliced(6, 1).join('\n')]), { excerpt: true })
    expect(excerpt.ok).toBe(true)
  })
})

describe('a torn tail', () => {
  const cut = (line: string | undefined): string => (line ?? '').slice(0, 40)

  it('at the end of a trail is named, and is no fault', async () => {
    const report = await verifyTrail(toSource([`${whole.lines.slice(0, 4).join('\n')}\n${cut(whole.lines[4])}`]))
    const { stream } = parse(whole.lines[0]).chain
    expect(report.ok).toBe(true)
    expect(report.torn).toEqual([{ line: 5, bytes: 40, after: { stream, seq: 4 } }])
  })

  it('before the next stream is named too', async () => {
    const file = toFile()
    writeFileSync(file, `${whole.lines.slice(0, 4).join('\n')}\n${cut(whole.lines[4])}`)
    const trail = createAuditTrail(toOptions([fileSink(file, { reserveBytes: 0 })]))
    await trail.close()
    const report = await verifyTrail(file)
    expect(report).toMatchObject({ ok: true, torn: [{ line: 5, bytes: 40 }] })
  })

  it('in place of an event that the next stream knows of is a fault', async () => {
    const report = await verify(replaceAt(whole.lines, 5, cut))
    expect(report.firstBad).toMatchObject({ kind: 'truncated', seq: 6, toSeq: 6 })
  })
})

describe('a gap', () => {
  it('that the trail tells of is no fault, and one that it does not is', async () => {
    const sinks = [createTestSink('a'), createTestSink('b')]
    const trail = createAuditTrail(toOptions(sinks, { queue: { maxEvents: 32 } }))
    await trail.ready()
    const [first, second] = sinks
    if (first === undefined || second === undefined) throw new Error('There are two')
    second.behaviour = { code: 'EIO' }
    for (let index = 0; index < 60; index++) {
      await trail.record(denial)
      if (index % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 2))
    }
    second.behaviour = 'keep'
    await new Promise((resolve) => setTimeout(resolve, 300))
    await trail.close()
    expect(await verifyTrail(toSource(first.events))).toMatchObject({ ok: true, gaps: [] })
    const report = await verifyTrail(toSource(second.events), { sink: 'b' })
    expect(report.ok).toBe(true)
    expect(report.gaps.length).toBeGreaterThan(0)
    expect(report.gaps.every(({ told }) => told)).toBe(true)
    const without = second.events.filter(({ type }) => type !== 'audit.gap')
    expect((await verifyTrail(toSource(without), { sink: 'b' })).firstBad?.kind).toBe('missing')
    // What only the other sink has lost must be here.
    expect((await verifyTrail(toSource(second.events), { sink: 'a' })).firstBad?.kind).toBe('missing')
  })
})
