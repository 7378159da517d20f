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
      return holes.map(({ from, to, linked, line }) => {
        const isTold = isCovered(from, to, told) && to - from < credit
        if (isTold) credit -= to - from + 1
        return { stream, from, to, linked, line, told: isTold }
      })
    },
  }
}

/** Whether ranges together cover all numbers from one to another. */
function isCovered(
  from: number,
  to: number,
  ranges: readonly { readonly from: number; readonly to: number }[],
): boolean {
  let next = from
  for (let step = 0; step <= ranges.length && next <= to; step++) {
    const reach = ranges.filter((range) => range.from <= next && range.to >= next).map((range) => range.to)
    if (reach.length === 0) return false
    next = Math.max(...reach) + 1
  }
  return next > to
}
