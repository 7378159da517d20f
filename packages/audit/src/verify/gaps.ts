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
  /** Takes note of an `audit.gap`. */
  tell(gap: NonNullable<AuditEvent['gap']>): void
  judge(stream: string): readonly JudgedGap[]
}

/** Creates an empty comparison. Without `sink`, what any sink is told to have lost counts. */
export function createGaps(sink: string | undefined): Gaps {
  const holes: Hole[] = []
  const told: NonNullable<AuditEvent['gap']>[] = []
  return {
    note: (hole) => holes.push(hole),
    tell(gap) {
      if (![gap.from, gap.to, gap.count].every((each) => Number.isSafeInteger(each))) return
      if (sink === undefined || gap.sink === undefined || gap.sink === sink) told.push(gap)
    },
    judge(stream) {
      // More may be told than is missing, where a sink had kept what it was then said to have lost; never less.
      let credit = told.reduce((sum, { count }) => sum + count, 0)
      const ranges = merge(told)
      let at = 0
      return holes.map(({ from, to, linked, line }) => {
        // Both in the order of their numbers: there may be as many as events.
        while (at < ranges.length && (ranges[at]?.to ?? 0) < to) at += 1
        const isTold = (ranges[at]?.from ?? Infinity) <= from && to - from < credit
        if (isTold) credit -= to - from + 1
        return { stream, from, to, linked, line, told: isTold }
      })
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
