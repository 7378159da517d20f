import type { AuditEvent } from '@countersign/core'
import type { TrailGap } from './report.js'
import type { Range, Runs } from './runs.js'

/** Numbers that a stream left out, and where. */
interface Hole extends Range {
  readonly linked: boolean
  readonly line: number
}

/** What is said to be missing: so many between two numbers. */
interface Told extends Range {
  readonly count: number
}

/** A hole, and whether the stream tells of it. */
export type JudgedGap = TrailGap & { readonly line: number }

/** Compares what is missing of one stream with what it says is missing. */
export interface Gaps {
  note(hole: Hole): void
  /** Takes note of an `audit.gap`, and of its own number. */
  tell(gap: NonNullable<AuditEvent['gap']>, seq: number): void
  /** @param runs of what is missing before the last event that is vouched for, only events that are vouched for may tell */
  judge(stream: string, runs: Runs): readonly JudgedGap[]
  /** Gaps in which more events stand than what is vouched for says. `firstSeq`: where the stream begins here. */
  listFilled(runs: Runs, firstSeq: number): readonly Range[]
}

/** Creates an empty comparison. Without `sink`, what any sink is told to have lost counts. */
export function createGaps(sink: string | undefined): Gaps {
  const holes: Hole[] = []
  const told: (Told & { readonly seq: number })[] = []
  return {
    note: (hole) => holes.push(hole),
    tell({ sink: of, from, to, count }, seq) {
      if (![from, to, count].every((each) => Number.isSafeInteger(each))) return
      // A gap is told once it is over.
      if (to < seq && (sink === undefined || of === undefined || of === sink)) told.push({ from, to, count, seq })
    },
    judge(stream, runs) {
      // Whoever writes on behind the last checkpoint, or into a hole before it, must not excuse what is taken out: what stands between
      // two holes is bound to nothing that follows, so that its number proves nothing.
      const vouched = createExcuses(told.filter(({ seq }) => runs.isVouched(seq)))
      const all = createExcuses(told)
      return holes.map(({ from, to, linked, line }) => {
        const isBefore = from <= runs.vouchedSeq
        // Nor may it say that there was nothing to take out.
        const isLinked = linked && (!isBefore || runs.isVouched(to + 1))
        return { stream, from, to, linked: isLinked, line, told: (isBefore ? vouched : all).take(from, to) }
      })
    },
    listFilled(runs, firstSeq) {
      // What other sinks have lost says nothing of this copy.
      if (sink === undefined) return []
      const countMissing = createCount(holes)
      // A sink that was full may have kept what it was then said to have lost: never what something waited for.
      const countSpared = createCount(runs.listOrdinary())
      const countUnvouched = createCount(runs.listUnvouched())
      return merge(told.filter(({ seq }) => runs.isVouched(seq))).filter(({ from, to, count }) => {
        const spared = countMissing(from, to) + countSpared(from, to)
        return from >= firstSeq && countUnvouched(from, to) > 0 && spared < count
      })
    },
  }
}

/** What gaps excuse, asked in the order of numbers: there may be as many as events. */
function createExcuses(told: readonly Told[]): {
  take(from: number, to: number): boolean
} {
  const ranges = merge(told)
  // More may be told than is missing, where a sink had kept what it was then said to have lost; never less.
  let credit = told.reduce((sum, { count }) => sum + count, 0)
  let at = 0
  return {
    take(from, to) {
      while (at < ranges.length && (ranges[at]?.to ?? 0) < to) at += 1
      if ((ranges[at]?.from ?? Infinity) > from || to - from >= credit) return false
      credit -= to - from + 1
      return true
    },
  }
}

/** How many numbers of ranges lie between two others. Both come in the order of numbers. */
function createCount(ranges: readonly Range[]): (from: number, to: number) => number {
  let first = 0
  return (from, to) => {
    let sum = 0
    while ((ranges[first]?.to ?? Infinity) < from) first += 1
    for (let at = first; (ranges[at]?.from ?? Infinity) <= to; at += 1)
      sum += Math.min(to, ranges[at]?.to ?? 0) - Math.max(from, ranges[at]?.from ?? 0) + 1
    return sum
  }
}

/** What is told of ranges that touch, as one, in the order of numbers. */
function merge(ranges: readonly Told[]): readonly Told[] {
  const merged: { from: number; to: number; count: number }[] = []
  for (const { from, to, count } of ranges.toSorted((left, right) => left.from - right.from)) {
    const last = merged.at(-1)
    if (last !== undefined && from <= last.to + 1) {
      last.to = Math.max(last.to, to)
      last.count += count
    } else merged.push({ from, to, count })
  }
  return merged
}
