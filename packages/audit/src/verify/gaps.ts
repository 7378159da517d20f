import type { AuditEvent } from '@countersign/core'
import type { TrailGap } from './report.js'

/** Numbers that a stream left out, and where. */
interface Hole {
  readonly from: number
  readonly to: number
  readonly linked: boolean
  readonly line: number
}

/** A hole, and whether the stream tells of it. */
export type JudgedGap = TrailGap & { readonly line: number }

/** Compares what is missing of one stream with what it says is missing. */
export interface Gaps {
  note(hole: Hole): void
  /** Takes note of an `audit.gap`, and of its own number. */
  tell(gap: NonNullable<AuditEvent['gap']>, seq: number): void
  /** @param vouchedSeq up to here a checkpoint vouches for the stream: of what is missing there, only events up to there may tell */
  judge(stream: string, vouchedSeq: number): readonly JudgedGap[]
}

/** Creates an empty comparison. Without `sink`, what any sink is told to have lost counts. */
export function createGaps(sink: string | undefined): Gaps {
  const holes: Hole[] = []
  const told: (NonNullable<AuditEvent['gap']> & { readonly seq: number })[] = []
  return {
    note: (hole) => holes.push(hole),
    tell({ sink: of, from, to, count }, seq) {
      if (![from, to, count].every((each) => Number.isSafeInteger(each))) return
      // A gap is told once it is over.
      if (to < seq && (sink === undefined || of === undefined || of === sink)) told.push({ from, to, count, seq })
    },
    judge(stream, vouchedSeq) {
      // Whoever writes on behind the last checkpoint must not excuse what is taken out before it.
      const vouched = createExcuses(told.filter(({ seq }) => seq <= vouchedSeq))
      const all = createExcuses(told)
      return holes.map(({ from, to, linked, line }) => {
        const excuses = from <= vouchedSeq ? vouched : all
        return { stream, from, to, linked, line, told: excuses.take(from, to) }
      })
    },
  }
}

/** What gaps excuse, asked in the order of numbers: there may be as many as events. */
function createExcuses(told: readonly (Range & { readonly count: number })[]): {
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

interface Range {
  readonly from: number
  readonly to: number
}

/** What ranges together cover, in the order of numbers. */
function merge(ranges: readonly Range[]): readonly Range[] {
  const merged: { from: number; to: number }[] = []
  for (const { from, to } of ranges.toSorted((left, right) => left.from - right.from)) {
    const last = merged.at(-1)
    if (last !== undefined && from <= last.to + 1) last.to = Math.max(last.to, to)
    else merged.push({ from, to })
  }
  return merged
}
