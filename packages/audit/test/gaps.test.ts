import { createAuditTrail, fileSink, verifyTrail } from '@countersign/audit'
import type { TrailReport } from '@countersign/audit'
import type { AuditEvent, AuditHead, AuditSink } from '@countersign/core'
import { createPublicKey, generateKeyPairSync, sign as signBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { calculateJwkThumbprint } from 'jose'
import type { JSONWebKeySet } from 'jose'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { signCheckpoint } from '../src/chain/checkpoint.js'
import { seal } from '../src/chain/line.js'
import { createSealer } from '../src/chain/sealer.js'
import { toSigner } from '../src/chain/signer.js'
import { createTestSink, denial, exchange, toOptions, until } from './doubles.js'
import { toEvent } from './events.js'

const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
let keys: JSONWebKeySet
beforeAll(async () => {
  const jwk = createPublicKey(key).export({ format: 'jwk' })
  keys = { keys: [{ ...jwk, kid: await calculateJwkThumbprint(jwk) } as JSONWebKeySet['keys'][number]] }
})

async function* toSource<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items
}

type Members = Partial<Omit<AuditEvent, 'chain'>>
const call: Members = { type: 'token.exchange' }
const refusal: Members = { type: 'authz.denied', subject: { iss: 'https://login.example', sub: 'alice' } }
const tell = (from: number, to: number, count = to - from + 1): Members => ({
  type: 'audit.gap',
  gap: { sink: 'a', from, to, count },
})

/** A stream as it was written: every event, whichever sink has it. */
function write(contents: readonly Members[], stream = 'one', predecessor?: AuditHead): AuditEvent[] {
  const { chain: _, ...content } = toEvent('token.exchange')
  const sealer = createSealer(stream, predecessor)
  return contents.map((members) => sealer.seal({ ...content, ...members }).event)
}

/** An event that somebody made up, with a hash that fits. */
function forge(members: Members, seq: number, prev = 'of what is not here'): AuditEvent {
  const { chain: _, ...content } = toEvent('token.exchange')
  return seal({ ...content, ...members, chain: { stream: 'one', seq, prev } }).event
}

async function sign(...events: readonly (AuditEvent | undefined)[]): Promise<AuditEvent[]> {
  const signer = await toSigner(key)
  return Promise.all(
    events.map(async (event) => {
      const { chain } = event as AuditEvent
      const jws = await signCheckpoint(signer, chain, event?.time ?? '')
      return { ...toEvent('audit.checkpoint'), checkpoint: { seq: chain.seq, hash: chain.hash, jws } }
    }),
  )
}

const verify = (
  source: string | readonly AuditEvent[],
  checkpoints: readonly AuditEvent[],
  sink: string | undefined = 'a',
): Promise<TrailReport> =>
  verifyTrail(typeof source === 'string' ? source : toSource(source), {
    checkpoints: { keys, source: toSource(checkpoints) },
    sink,
  })
const without = (events: readonly AuditEvent[], ...seqs: readonly number[]): AuditEvent[] =>
  events.filter(({ chain }) => !seqs.includes(chain.seq))

describe('of a sink that has lost events 5 to 7, and told of it in event 9', () => {
  const events = write([call, call, call, call, refusal, refusal, refusal, call, tell(5, 7), call, call])
  const copy = without(events, 5, 6, 7)
  let known: AuditEvent[]
  beforeAll(async () => void (known = await sign(events[9])))

  it('the copy is whole, and what stood right before the gap is not vouched for', async () => {
    const report = await verify(copy, known)
    expect(report).toMatchObject({ ok: true, problems: [], gaps: [{ from: 5, to: 7, told: true, linked: false }] })
    expect(report.unvouched).toEqual([{ stream: 'one', from: 1, to: 4 }])
    expect((await verify(events, known)).unvouched).toEqual([])
    expect((await verifyTrail(toSource(copy))).unvouched).toEqual([])
  })

  it('a gap told by an event that no checkpoint is chained to excuses nothing', async () => {
    for (const seq of [5, 6, 7]) {
      const cut = [events[0], forge(tell(2, seq - 1), seq), ...copy.slice(4)] as AuditEvent[]
      expect((await verify(cut, known)).firstBad).toMatchObject({ kind: 'missing', seq: 2 })
      expect((await verify(cut, known, undefined)).ok).toBe(false)
    }
  })

  it('nor does a chain that goes on to such an event', async () => {
    const [first] = events
    const cut = [first, forge(call, 5, first?.chain.hash), ...copy.slice(4)] as AuditEvent[]
    const report = await verify(cut, known)
    expect(report.firstBad).toMatchObject({ kind: 'missing', seq: 2, toSeq: 4 })
    expect(report.gaps[0]).toMatchObject({ told: false, linked: false })
  })

  it('a gap told by such an event hides no checkpoint', async () => {
    const both = [...(await sign(events[2])), ...known]
    const cut = [events[0], forge(tell(2, 5), 6), ...copy.slice(4)] as AuditEvent[]
    expect((await verify(cut, both)).ok).toBe(false)
  })

  it('an event that stands alone inside a told gap is not vouched for', async () => {
    for (const seq of [5, 6, 7]) {
      const put = [...copy.slice(0, 4), forge(call, seq), ...copy.slice(4)]
      const report = await verify(put, known)
      expect(report.problems).toContainEqual({ kind: 'inserted', stream: 'one', seq: 5, toSeq: 7 })
      expect(report.unvouched.at(-1)).toMatchObject({ to: seq })
    }
  })

  it('nor is one that is chained to the last event before it', async () => {
    const put = [...copy.slice(0, 4), forge(call, 5, events[3]?.chain.hash), ...copy.slice(4)]
    const report = await verify(put, known)
    expect(report.problems).toEqual([{ kind: 'inserted', stream: 'one', seq: 5, toSeq: 7 }])
    expect(report.unvouched).toEqual([{ stream: 'one', from: 1, to: 5 }])
  })

  it('one that nothing waited for may stand there: the sink was full after all', async () => {
    const report = await verify(without(events, 6, 7), known)
    expect(report).toMatchObject({ ok: true, unvouched: [{ from: 1, to: 5 }] })
  })

  it('a sink that had all of it is whole too', async () => {
    expect(await verify(events, known)).toMatchObject({ ok: true, gaps: [], unvouched: [] })
  })

  it('the gap is believed once a checkpoint covers it, or one of a stream that follows', async () => {
    const early = await sign(events[7])
    const killed = without(copy, 10, 11)
    // Nobody can tell this from a gap that was made up.
    expect((await verify(killed, early)).firstBad).toMatchObject({ kind: 'missing', seq: 5 })
    const second = write([call, call], 'two', killed.at(-1)?.chain)
    const third = write([call, call], 'three', second.at(-1)?.chain)
    expect((await verify([...killed, ...second], early)).firstBad).toMatchObject({ kind: 'missing', seq: 5 })
    for (const covered of [second[0], second[1], third[0]]) {
      const report = await verify([...killed, ...second, ...third], [...early, ...(await sign(covered))])
      expect(report).toMatchObject({ ok: true, unvouched: [{ stream: 'one', from: 1, to: 4 }] })
    }
  })

  it('a stream that follows vouches for nothing where another event stands in its place', async () => {
    const second = write([call], 'two', events[8]?.chain)
    const known = await sign(second[0])
    const cut = [events[0], forge(tell(2, 8), 9), ...second] as AuditEvent[]
    expect((await verify(cut, known)).firstBad).toMatchObject({ kind: 'rewritten', seq: 9 })
  })
})

describe('a stream of several gaps', () => {
  const contents = [call, refusal, refusal, call, tell(2, 3), call, refusal, refusal, tell(7, 8), call]
  const events = write(contents)
  const copy = without(events, 2, 3, 7, 8)

  it('is whole where each was told before a checkpoint', async () => {
    expect(await verify(copy, await sign(events[4], events[9]))).toMatchObject({ ok: true, problemCount: 0 })
  })

  it('is not where the next gap came before one, and nobody can tell', async () => {
    expect((await verify(copy, await sign(events[9]))).firstBad).toMatchObject({ kind: 'missing', seq: 2, toSeq: 3 })
  })

  it('may be told at once of what was lost and kept by turns', async () => {
    const turns = write([call, refusal, call, refusal, call, refusal, call, tell(2, 6, 3), call])
    const kept = without(turns, 2, 4, 6)
    const known = await sign(turns[8])
    expect(await verify(kept, known)).toMatchObject({
      ok: true,
      unvouched: [
        { from: 1, to: 1 },
        { from: 3, to: 3 },
        { from: 5, to: 5 },
      ],
    })
    const put = kept.toSpliced(2, 0, forge(call, 4))
    expect((await verify(put, known)).problems).toContainEqual({ kind: 'inserted', stream: 'one', seq: 2, toSeq: 6 })
    // Of the one that began in the gap, nobody knows what it had before.
    expect(await verify(kept.slice(2), known)).toMatchObject({ ok: true })
  })
})

describe('a trail whose sink loses events again and again', () => {
  /** Records so that a sink of small room loses what others keep, so many times. */
  const hurt = async (sinks: readonly AuditSink[], slow: { isSlow: boolean }, times: number): Promise<AuditEvent[]> => {
    const [all, known] = [createTestSink('all'), createTestSink('known')]
    const trail = createAuditTrail(
      toOptions([all], { bestEffort: sinks, checkpoints: { key, sink: known }, queue: { maxEvents: 32 } }),
    )
    await trail.ready()
    for (let time = 1; time <= times; time++) {
      slow.isSlow = true
      for (let index = 0; index < 60; index++) {
        await trail.record(index % 7 === 0 ? exchange : denial)
        if (index % 5 === 0) await new Promise((resolve) => setTimeout(resolve, 2))
      }
      slow.isSlow = false
      await until(() => known.events.length >= time)
    }
    await trail.close()
    const told = all.events.filter(({ type }) => type === 'audit.gap').map(({ chain }) => chain.seq)
    expect(told.length).toBeGreaterThanOrEqual(times)
    expect(known.events.map(({ checkpoint }) => checkpoint?.seq)).toEqual(expect.arrayContaining(told))
    expect(await verify(all.events, known.events, 'all')).toMatchObject({ ok: true, gaps: [], unvouched: [] })
    return known.events
  }
  const toSlow = (inner: AuditSink, slow: { readonly isSlow: boolean }): AuditSink => ({
    ...inner,
    async write(batch, options) {
      while (slow.isSlow) await new Promise((resolve) => setTimeout(resolve, 2))
      await inner.write(batch, options)
    },
  })

  it('is whole in each copy, with a checkpoint over each event that tells', async () => {
    const [inner, slow] = [createTestSink('a'), { isSlow: false }]
    const known = await hurt([toSlow(inner, slow)], slow, 3)
    const report = await verify(inner.events, known)
    expect(report.problems).toEqual([])
    expect(report.gaps.filter(({ told }) => told).length).toBeGreaterThanOrEqual(3)
    expect(report.unvouched.length).toBeGreaterThan(0)
  })

  it('is whole in a file that was put aside meanwhile, and where the oldest are gone', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'countersign-gaps-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const file = path.join(folder, 'a')
    const slow = { isSlow: false }
    const known: AuditEvent[] = []
    for (const times of [2, 1])
      known.push(...(await hurt([toSlow(fileSink(file, { reserveBytes: 0, maxBytes: 4_096 }), slow)], slow, times)))
    for (;;) {
      expect((await verify(file, known)).problems).toEqual([])
      const [oldest, ...rest] = readdirSync(folder)
        .filter((name) => name !== 'a')
        .toSorted()
      if (oldest === undefined || rest.length < 2) break
      rmSync(path.join(folder, oldest))
    }
  })

  it('gets those checkpoints later where the signer was away, each over its own event', async () => {
    let isAway = true
    const signer = {
      algorithm: 'ES256',
      keyId: keys.keys[0]?.kid ?? '',
      sign(input: Uint8Array) {
        if (isAway) throw new Error('away')
        return signBytes('sha256', input, { key, dsaEncoding: 'ieee-p1363' })
      },
    } as const
    const [inner, known, slow] = [createTestSink('a'), createTestSink('known'), { isSlow: false }]
    const all = createTestSink('all')
    const trail = createAuditTrail(
      toOptions([all], {
        bestEffort: [toSlow(inner, slow)],
        checkpoints: { key: signer, sink: known },
        queue: { maxEvents: 32 },
      }),
    )
    await trail.ready()
    for (let time = 1; time <= 3; time++) {
      slow.isSlow = true
      for (let index = 0; index < 60; index++) {
        await trail.record(denial)
        if (index % 5 === 0) await new Promise((resolve) => setTimeout(resolve, 2))
      }
      slow.isSlow = false
      await until(() => all.types.filter((type) => type === 'audit.gap').length >= time)
    }
    expect(known.events).toEqual([])
    isAway = false
    await trail.close()
    const told = all.events.filter(({ type }) => type === 'audit.gap').map(({ chain }) => chain.seq)
    const covered = known.events.map(({ checkpoint }) => checkpoint?.seq)
    expect(covered.slice(0, -1)).toEqual(told)
    // And the last one, over the end.
    expect(covered.at(-1)).toBe(all.events.at(-2)?.chain.seq)
    expect((await verify(inner.events, known.events)).problems).toEqual([])
  })
})
