import type { AuditEvent, AuditHead } from '@countersign/core'
import type { Checkpoint } from '../chain/checkpoint.js'
import type { KnownCheckpoints } from './known-checkpoints.js'
import type { Problems } from './problems.js'
import type { UncheckedLink } from './report.js'
import type { Range } from './runs.js'
import type { StreamCheck } from './stream-check.js'

/** Compares what streams say of the ones that they follow with what is here of those. */
export interface Links {
  /** A stream begins. `isFirst`: nothing stands before it. */
  note(begun: Beginning): void
  /** Settles which events were not found, and has the checkpoints over a stream vouch for what it follows; asked once, at the end. */
  vouch(): void
  /** Numbers of a stream that others name, for which a checkpoint vouches, and of which no event was found. */
  listUnfound(stream: string): readonly number[]
  /** Those of which nothing is known: of the ones above, a gap is judged as such where they stand in one. `gaps`: in the order of numbers. */
  listUnchecked(check: StreamCheck, gaps: readonly Range[]): readonly UncheckedLink[]
  /** What is wrong of the whole, once all has been read. */
  settle(known: Pick<KnownCheckpoints, 'last'> | undefined): void
}

/** The first event of a stream, as it stands here. */
export interface Beginning {
  readonly event: AuditEvent
  readonly check: StreamCheck
  readonly line: number
  readonly isFirst: boolean
}

interface Link {
  readonly by: StreamCheck
  readonly of: AuditHead
  readonly line: number
  readonly time: string
  readonly isFirst: boolean
}

/** Creates an empty comparison. `streams`: those that have begun. */
export function createLinks(streams: ReadonlyMap<string, StreamCheck>, problems: Problems, excerpt: boolean): Links {
  /** Each stream that names the event where it goes on, and that event. */
  const found: { readonly by: StreamCheck; readonly check: StreamCheck; readonly seq: number }[] = []
  /** Those whose event had not come yet when they began. */
  const ahead: Link[] = []
  const unfound = new Map<string, Link[]>()
  let first: Beginning | undefined
  /** When the oldest began, behind the first, of those that follow none. */
  let rootTime: string | undefined

  const miss = (link: Link): void => {
    const links = unfound.get(link.of.stream) ?? []
    links.push(link)
    unfound.set(link.of.stream, links)
  }
  const isVouched = ({ by }: Link): boolean => by.runs.isVouched(1)
  const settleAhead = ({ by: { stream }, of, line, time, isFirst }: Link): void => {
    const before = streams.get(of.stream)
    // What is before the trail: old files are deleted.
    if (isFirst && before === undefined && !isRefuted(time)) return
    const lastSeq = before?.lastSeq ?? 0
    if (lastSeq < of.seq) problems.add({ kind: 'truncated', stream: of.stream, seq: lastSeq + 1, toSeq: of.seq, line })
    // Of a stream that begins behind that event, nobody can say when it came.
    else if (before !== undefined && before.firstSeq <= of.seq)
      problems.add({ kind: 'out-of-order', stream, seq: 1, line })
  }
  /** Whoever moves something to the front would have all before it count as deleted: but then what is older cannot stand behind it. */
  const isRefuted = (time: string): boolean => rootTime !== undefined && rootTime < time
  /** The first event here may be made up, with any time: those that follow its stream, and a checkpoint, know better when that was. */
  const settleFirst = (
    { event, check: { stream, firstSeq }, line }: Beginning,
    known: Checkpoint | undefined,
  ): void => {
    if (firstSeq === 1 || excerpt) return
    const times = (unfound.get(stream) ?? []).filter(({ of }) => of.seq < firstSeq).map(({ time }) => time)
    if (known !== undefined && known.seq < firstSeq) times.push(known.time)
    if ([event.time, ...times].some(isRefuted))
      problems.add({ kind: 'missing', stream, seq: 1, toSeq: firstSeq - 1, line })
  }
  return {
    note(begun) {
      const { event, check: by, line, isFirst } = begun
      const { predecessor: of, time } = event
      if (isFirst) first = begun
      if (event.chain.seq > 1) return
      if (of === undefined) {
        if (!isFirst && (rootTime === undefined || time < rootTime)) rootTime = time
        return
      }
      if (!isHead(of)) return problems.add({ kind: 'garbage', stream: by.stream, seq: 1, line })
      const link = { by, of, line, time, isFirst }
      const check = streams.get(of.stream)
      if (check === undefined || check.lastSeq < of.seq) return void ahead.push(link)
      const hash = check.findHash(of.seq)
      if (hash === undefined) miss(link)
      else if (hash === of.hash) found.push({ by, check, seq: of.seq })
      else problems.add({ kind: 'rewritten', stream: of.stream, seq: of.seq, line })
    },
    vouch() {
      // A stream that came later, and begins behind the event: that is not here, as if the stream had come before.
      for (const link of ahead) if ((streams.get(link.of.stream)?.firstSeq ?? 0) > link.of.seq) miss(link)
      // The last ones first: a checkpoint vouches for the stream before, and that one for what it follows.
      for (const { by, check, seq } of found.toReversed()) if (by.runs.isVouched(1)) check.runs.vouch(seq)
    },
    listUnfound: (stream) => (unfound.get(stream) ?? []).filter(isVouched).map(({ of }) => of.seq),
    listUnchecked({ stream: named }, gaps) {
      let at = 0
      const unchecked = (unfound.get(named) ?? [])
        .toSorted((left, right) => left.of.seq - right.of.seq)
        .filter((link) => {
          const { seq } = link.of
          while ((gaps[at]?.to ?? Infinity) < seq) at += 1
          return (gaps[at]?.from ?? Infinity) > seq || !isVouched(link)
        })
      return unchecked.map(({ by: { stream }, of: { seq, hash } }) => ({
        stream,
        follows: { stream: named, seq, hash },
      }))
    },
    settle(known) {
      for (const link of ahead) settleAhead(link)
      if (first !== undefined) settleFirst(first, known?.last.get(first.check.stream))
    },
  }
}

function isHead({ stream, seq, hash }: Readonly<Record<'stream' | 'seq' | 'hash', unknown>>): boolean {
  return typeof stream === 'string' && Number.isSafeInteger(seq) && Number(seq) > 0 && typeof hash === 'string'
}
