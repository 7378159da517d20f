import { verifyTrail } from '@countersign/audit'
import type { TrailReport } from '@countersign/audit'
import type { AuditEvent, AuditHead } from '@countersign/core'
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { calculateJwkThumbprint } from 'jose'
import type { JSONWebKeySet } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { signCheckpoint } from '../src/chain/checkpoint.js'
import { seal, toLine } from '../src/chain/line.js'
import { createSealer } from '../src/chain/sealer.js'
import { toSigner } from '../src/chain/signer.js'
import { toEvent } from './events.js'
import { isSoak } from './soak.js'

const numRuns = isSoak ? 20_000 : 600
const key = generateKeyPairSync('ed25519').privateKey
const { chain: _, ...content } = toEvent('token.exchange')

async function* toSource<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items
}

/** Five streams, each a second an event. `b` was killed before its first checkpoint; what `c` has lost it tells of; of `e` nobody holds a checkpoint. */
const streams = [
  { stream: 'a', events: 6, lost: [], covered: [3, 5] },
  { stream: 'b', events: 4, lost: [], covered: [] },
  { stream: 'c', events: 9, lost: [3, 4], covered: [2, 6, 8] },
  { stream: 'd', events: 7, lost: [], covered: [4] },
  { stream: 'e', events: 3, lost: [], covered: [] },
] as const

function write(): AuditEvent[] {
  let now = Date.UTC(2026, 10, 24)
  let head: AuditHead | undefined
  return streams.flatMap(({ stream, events, lost }) => {
    const sealer = createSealer(stream, head)
    const own = Array.from({ length: events }, (__, at) => {
      const time = new Date((now += 1_000)).toISOString()
      const [from] = lost
      const gap = from !== undefined && at === 4 ? { from, to: from + 1, count: 2 } : undefined
      return sealer.seal({ ...content, time, ...(gap && { type: 'audit.gap', gap: { sink: 'own', ...gap } }) }).event
    })
    head = sealer.head
    return own.filter(({ chain }) => !(lost as readonly number[]).includes(chain.seq))
  })
}

const honest = write()
const toText = (events: readonly AuditEvent[]): string[] => events.map((event) => toLine(event))
/** What a checkpoint that is held vouches for: of the last stream nothing, of the one before it up to its checkpoint. */
const isVouched = ({ chain: { stream, seq } }: AuditEvent): boolean => stream < 'd' || (stream === 'd' && seq <= 4)

let keys: JSONWebKeySet
let known: AuditEvent[]
beforeAll(async () => {
  const jwk = createPublicKey(key).export({ format: 'jwk' })
  keys = { keys: [{ ...jwk, kid: await calculateJwkThumbprint(jwk) } as JSONWebKeySet['keys'][number]] }
  const signer = await toSigner(key)
  const all = streams.flatMap(({ stream, covered }) =>
    honest.filter(({ chain }) => chain.stream === stream && (covered as readonly number[]).includes(chain.seq)),
  )
  known = await Promise.all(
    all.map(async (event) => {
      const { seq, hash } = event.chain
      const jws = await signCheckpoint(signer, event.chain, event.time)
      return { ...event, type: 'audit.checkpoint', checkpoint: { seq, hash, jws } } as AuditEvent
    }),
  )
})

const verify = (lines: readonly string[], isCovered: boolean): Promise<TrailReport> =>
  verifyTrail(toSource([lines.map((line) => `${line}\n`).join('')]), {
    sink: 'own',
    ...(isCovered && { checkpoints: { keys, source: toSource(known) } }),
  })

type Edit = (events: readonly AuditEvent[]) => readonly AuditEvent[]

/** Gives events that follow one another their hashes anew, from one on, as somebody does who knows how they are made. */
function sealAnew(events: readonly AuditEvent[], from: number, isOwn: (event: AuditEvent) => boolean): AuditEvent[] {
  const anew = new Map<string, string>()
  return events.map((event, at) => {
    if (at < from || !isOwn(event)) return event
    const { chain, predecessor, ...rest } = event
    const hash = predecessor && anew.get(predecessor.hash)
    const named = predecessor && { predecessor: { ...predecessor, hash: hash ?? predecessor.hash } }
    const place = { stream: chain.stream, seq: chain.seq, prev: anew.get(chain.prev) ?? chain.prev }
    const sealed = seal({ ...rest, ...(at === from && { txn: 'forged' }), ...named, chain: place } as never).event
    anew.set(chain.hash, sealed.chain.hash)
    return sealed
  })
}

const at = fc.nat({ max: honest.length - 1 })
const name = fc.constantFrom(...streams.map(({ stream }) => stream))
const of =
  (stream: string) =>
  ({ chain }: AuditEvent): boolean =>
    chain.stream === stream
const endOf = (events: readonly AuditEvent[], stream: string): number => events.findLastIndex(of(stream))

/** What leaves every event as it was. */
const moves: readonly fc.Arbitrary<Edit>[] = [
  fc.tuple(at, fc.integer({ min: 1, max: 8 })).map(
    ([from, count]) =>
      (events) =>
        events.toSpliced(from, count),
  ),
  fc.tuple(at, at).map(
    ([from, to]) =>
      (events) =>
        events.toSpliced(to, 0, ...events.slice(from, from + 1)),
  ),
  fc.tuple(at, at, fc.integer({ min: 1, max: 5 })).map(
    ([from, to, count]) =>
      (events) =>
        events.toSpliced(from, count).toSpliced(to, 0, ...events.slice(from, from + count)),
  ),
  fc.tuple(at, at).map(([one, other]) => (events) => {
    const [left, right] = [events[one], events[other]]
    return left === undefined || right === undefined ? events : events.with(one, right).with(other, left)
  }),
  at.map((length) => (events) => events.slice(0, length)),
  at.map((from) => (events) => events.slice(from)),
  name.map((stream) => (events) => events.filter((event) => !of(stream)(event))),
  fc.tuple(name, at).map(
    ([stream, to]) =>
      (events) =>
        events.filter((event) => !of(stream)(event)).toSpliced(to, 0, ...events.filter(of(stream))),
  ),
]

const times = fc.constantFrom('2020-01-01T00:00:00.000Z', '2030-01-01T00:00:00.000Z')

/** What makes events up. */
const forgeries: readonly fc.Arbitrary<Edit>[] = [
  // A stream from some event on; and all that comes after.
  at.map((from) => (events) => sealAnew(events, from, of(events[from]?.chain.stream ?? ''))),
  at.map((from) => (events) => sealAnew(events, from, () => true)),
  // More of a stream, at its end; and a gap that excuses what is taken out.
  fc.tuple(name, fc.integer({ min: 1, max: 3 })).map(([stream, count]) => (events) => {
    const end = endOf(events, stream)
    const last = events[end]
    if (last === undefined) return events
    const sealed: AuditEvent[] = []
    for (let more = 1; more <= count; more++) {
      const prev = (sealed.at(-1) ?? last).chain.hash
      sealed.push(seal({ ...content, chain: { stream, seq: last.chain.seq + more, prev } }).event)
    }
    return events.toSpliced(end + 1, 0, ...sealed)
  }),
  fc.tuple(at, fc.integer({ min: 1, max: 3 }), fc.boolean()).map(([from, count, isInPlace]) => (events) => {
    const first = events[from]
    if (first === undefined) return events
    const { stream, seq } = first.chain
    const rest = events.filter((event) => !of(stream)(event) || event.chain.seq < seq || event.chain.seq >= seq + count)
    const end = isInPlace ? rest.findIndex((event) => of(stream)(event) && event.chain.seq > seq) : endOf(rest, stream)
    const last = rest[end]
    if (last === undefined) return rest
    const gap = { sink: 'own', from: seq, to: seq + count - 1, count }
    if (isInPlace) {
      const { chain: place, ...members } = last
      const told = seal({ ...members, type: 'audit.gap', gap, chain: { stream, seq: place.seq, prev: place.prev } })
      return rest.with(end, told.event)
    }
    const next = { stream, seq: Math.max(last.chain.seq, seq + count - 1) + 1, prev: last.chain.hash }
    return rest.toSpliced(end + 1, 0, seal({ ...content, type: 'audit.gap', gap, chain: next }).event)
  }),
  // One event, old or new, in the place of a whole stream.
  fc
    .tuple(name, fc.integer({ min: 1, max: 11 }), fc.oneof(fc.constant(0), at), times)
    .map(([stream, seq, to, time]) => (events) => {
      const alone = seal({ ...content, time, chain: { stream, seq, prev: '' } }).event
      return events.filter((event) => !of(stream)(event)).toSpliced(to, 0, alone)
    }),
  // A stranger, old or new.
  fc.tuple(at, times, fc.boolean()).map(([to, time, follows]) => (events) => {
    const predecessor = follows ? events[to - 1]?.chain : undefined
    const head = predecessor && { stream: predecessor.stream, seq: predecessor.seq, hash: predecessor.hash }
    const stranger = createSealer(`stranger ${to}`, head).seal({ ...content, time }).event
    return events.toSpliced(to, 0, stranger)
  }),
]

/** A trail that was edited once or twice, and for a counterexample the places of its events. */
const edited = (of: readonly fc.Arbitrary<Edit>[]): fc.Arbitrary<{ readonly events: readonly AuditEvent[] }> =>
  fc.array(fc.oneof(...of), { minLength: 1, maxLength: 2 }).map((all) => {
    const events = all.reduce<readonly AuditEvent[]>((some, edit) => edit(some), honest)
    const toPlace = (event: AuditEvent): string =>
      `${event.chain.stream}${event.chain.seq}${honest.includes(event) ? '' : '!'}`
    return { events, [fc.toStringMethod]: () => events.map(toPlace).join(' ') }
  })

/** Each of some lines where it stands first. */
const firstOf = (lines: readonly string[], among: ReadonlySet<string>): string[] =>
  [...new Set(lines)].filter((line) => among.has(line))

describe('whatever is done to a trail', () => {
  it('by nobody, it is whole', async () => {
    for (const isCovered of [false, true])
      expect(await verify(toText(honest), isCovered)).toMatchObject({ ok: true, problems: [], unchecked: [] })
  })

  it('with checkpoints: it is called whole only where all they vouch for is there in its order, but for what is deleted at the front', async () => {
    const vouched = toText(honest.filter(isVouched))
    const among = new Set(vouched)
    await fc.assert(
      fc.asyncProperty(edited([...moves, ...forgeries]), async ({ events }) => {
        const lines = toText(events)
        const { ok } = await verify(lines, true)
        if (!ok) return
        const left = firstOf(lines, among)
        expect(left.length).toBeGreaterThan(0)
        expect(left).toEqual(vouched.slice(-left.length))
      }),
      { numRuns },
    )
  }, 1_200_000)

  it('without: where nothing was made up, only where nothing is missing but at the front and at the end', async () => {
    const all = toText(honest)
    const among = new Set(all)
    await fc.assert(
      fc.asyncProperty(edited(moves), async ({ events }) => {
        const lines = toText(events)
        const { ok } = await verify(lines, false)
        if (!ok) return
        const left = firstOf(lines, among)
        const from = all.indexOf(left[0] ?? '')
        expect(left).toEqual(left.length === 0 ? [] : all.slice(from, from + left.length))
      }),
      { numRuns },
    )
  }, 1_200_000)

  it('nothing is called wrong where files were deleted at the front, or the end is not written yet', async () => {
    const all = toText(honest)
    for (let from = 0; from < all.length; from++)
      for (let to = from + 1; to <= all.length; to++)
        expect(await verify(all.slice(from, to), false)).toMatchObject({ ok: true, problems: [] })
  })
})
