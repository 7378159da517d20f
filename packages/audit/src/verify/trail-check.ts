import type { AuditEvent } from '@countersign/core'
import type { TrailEntry } from '../read/source.js'
import type { JudgedGap } from './gaps.js'
import type { KnownCheckpoints } from './known-checkpoints.js'
import { createLinks } from './links.js'
import type { NamedEvents } from './named-events.js'
import type { Problems } from './problems.js'
import type { TrailGap, TrailReport, UncheckedLink } from './report.js'
import { createStreamCheck } from './stream-check.js'
import type { StreamCheck } from './stream-check.js'
import { createTornLines } from './torn-lines.js'

/** What holds for a whole trail, one entry after the other. */
export interface TrailCheck {
  take(entry: TrailEntry): Promise<void>
  finish(): TrailReport
}

/** What a check keeps to. */
export interface TrailCheckRules {
  readonly problems: Problems
  readonly known: KnownCheckpoints | undefined
  /** What streams of this trail are known to follow, as far as it could be read before. */
  readonly named: NamedEvents
  readonly sink: string | undefined
  readonly excerpt: boolean
}

/** So many streams that have others after them are still remembered event by event. */
const MAX_REMEMBERED = 8

const ascending = (left: number, right: number): number => left - right

/** The first number from one on. There may be as many as streams, and as many gaps as events. */
function findFrom(sorted: readonly number[], from: number): number | undefined {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] ?? Infinity) < from) low = middle + 1
    else high = middle
  }
  return sorted[low]
}

/** Creates the check of a trail. */
export function createTrailCheck({ problems, known, named, sink, excerpt }: TrailCheckRules): TrailCheck {
  const streams = new Map<string, StreamCheck>()
  const covered = new Map<string, number>()
  const torn = createTornLines(problems)
  let events = 0
  let duplicates = 0
  let checkpoints = 0
  const remembered: StreamCheck[] = []
  const links = createLinks(streams, problems, excerpt)
  /** Of all streams: the first line may be a stranger to them, and say of itself what it likes. */
  let beganAt: string | undefined
  let current: StreamCheck | undefined

  const cover = (stream: string, seq: number): void => {
    checkpoints += 1
    covered.set(stream, Math.max(seq, covered.get(stream) ?? 0))
    streams.get(stream)?.runs.vouch(seq)
  }
  const begin = (event: AuditEvent, line: number): StreamCheck => {
    const { stream, seq } = event.chain
    const begun = createStreamCheck(event, sink, named.get(stream), problems.add)
    if (seq > 1 && streams.size > 0 && !excerpt) begun.gaps.note({ from: 1, to: seq - 1, linked: false, line })
    links.note({ event, check: begun, line, isFirst: streams.size === 0 })
    streams.set(stream, begun)
    if (beganAt === undefined || event.time < beganAt) beganAt = event.time
    if (remembered.push(begun) > MAX_REMEMBERED) remembered.shift()?.forget()
    return begun
  }
  /** A checkpoint in the trail itself speaks of an event before it, of its own stream. */
  const checkOwn = async (event: AuditEvent, check: StreamCheck, line: number): Promise<void> => {
    if (known === undefined || event.checkpoint === undefined) return
    const { stream, seq } = event.chain
    const read = await known.read(event.checkpoint.jws)
    if (read.kind !== 'signed') return problems.add({ ...read, stream, seq, line })
    const said = read.checkpoint
    if (said.stream !== stream) return problems.add({ kind: 'forged-checkpoint', stream, seq, line })
    const found = check.findHash(said.seq)
    // The same one from the other sink has been counted as its event passed.
    if (found === said.hash && known.findHash(stream, said.seq) === undefined) cover(stream, said.seq)
    else if (found !== undefined && found !== said.hash)
      problems.add({ kind: 'rewritten', stream, seq: said.seq, line })
  }
  const checkKnown = ({ chain: { stream, seq, hash } }: AuditEvent, line: number): void => {
    const said = known?.findHash(stream, seq)
    if (said === hash) cover(stream, seq)
    else if (said !== undefined) problems.add({ kind: 'rewritten', stream, seq, line })
  }
  const checkEnds = (): void => {
    const all = [...(known?.last ?? [])]
    const newest = all.reduce((latest, [, { time }]) => (time > latest ? time : latest), '')
    for (const [stream, { seq, time }] of all) {
      const found = streams.get(stream)
      // Of a stream that is not here at all: it may have been deleted with the old files. The newest was in none of them.
      if (found === undefined && beganAt !== undefined && time < beganAt && time < newest) continue
      if ((found?.lastSeq ?? 0) < seq)
        problems.add({ kind: 'truncated', stream, seq: (found?.lastSeq ?? 0) + 1, toSeq: seq })
      else if (found !== undefined && seq < found.firstSeq && time === newest)
        problems.add({ kind: 'missing', stream, seq, toSeq: found.firstSeq - 1 })
    }
  }
  /** Whoever writes a stream anew leaves out the numbers of which a checkpoint knows the event. */
  const checkGap = (
    { stream, from, to, told, linked, line }: JudgedGap,
    vouchedSeq: number,
    seqs: readonly number[],
  ): void => {
    if (!told && !linked) problems.add({ kind: 'missing', stream, seq: from, toSeq: to, line })
    // Only what a sink has lost can have a checkpoint; a later one then vouches for what tells of it.
    const isExcused = told && !linked && from <= vouchedSeq
    const seq = isExcused ? undefined : findFrom(seqs, from)
    if (seq !== undefined && seq <= to && (told || linked)) problems.add({ kind: 'rewritten', stream, seq, line })
  }
  return {
    async take({ parsed, number: line, bytes, isWhole }) {
      if (parsed.kind === 'garbage') return torn.note({ line, bytes }, isWhole)
      const { event } = parsed
      torn.settle(event)
      // An event that was edited may name any stream: it stands where it stands.
      const own = streams.get(event.chain.stream) ?? (parsed.kind === 'edited' ? current : undefined)
      const check = own ?? begin(event, line)
      current = check
      if (check.take(event, line, parsed.kind === 'edited') === 'duplicate') {
        duplicates += 1
        return
      }
      events += 1
      checkKnown(event, line)
      if (event.type === 'audit.checkpoint') await checkOwn(event, check, line)
    },
    finish() {
      torn.settle(undefined)
      links.vouch()
      const unchecked: UncheckedLink[] = []
      const gaps = [...streams.values()].flatMap((check) => {
        const judged = check.gaps.judge(check.stream, check.runs)
        for (const link of links.listUnchecked(check, judged)) unchecked.push(link)
        // A stream that follows knows of its event as a checkpoint does.
        const seqs = [...(known?.list(check.stream) ?? []), ...links.listUnfound(check.stream)].sort(ascending)
        for (const gap of judged) checkGap(gap, check.runs.vouchedSeq, seqs)
        for (const { from, to } of check.gaps.listFilled(check.runs, check.firstSeq))
          problems.add({ kind: 'inserted', stream: check.stream, seq: from, toSeq: to })
        return judged
      })
      links.settle(known)
      checkEnds()
      const listed = problems.list()
      return {
        ok: problems.count === 0,
        events,
        duplicates,
        streams: Array.from(streams.values(), (check) => check.toReport(covered.get(check.stream))),
        firstBad: listed[0],
        problems: listed,
        problemCount: problems.count,
        gaps: gaps.map(({ stream, from, to, told, linked }): TrailGap => ({ stream, from, to, told, linked })),
        unvouched: [...streams.values()].flatMap(({ stream, runs }) =>
          runs.listUnvouched().map((range) => ({ stream, ...range })),
        ),
        unchecked,
        torn: torn.found,
        checkpoints,
      }
    },
  }
}
