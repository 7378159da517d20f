import type { TrailProblem } from './report.js'

/** Collects what is wrong. */
export interface Problems {
  add(problem: TrailProblem): void
  readonly count: number
  /** At most 100, in the order of the trail; what has no line comes last. */
  list(): readonly TrailProblem[]
}

const MAX_LISTED = 100
const LAST = Number.MAX_SAFE_INTEGER
/** A trail that was shuffled has as many problems as events. */
const MAX_HELD = 10_000

/** Creates an empty collection. */
export function createProblems(): Problems {
  const held: TrailProblem[] = []
  let count = 0
  return {
    get count() {
      return count
    },
    add(problem) {
      count += 1
      if (held.length < MAX_HELD) held.push(problem)
    },
    list: () => held.toSorted((left, right) => (left.line ?? LAST) - (right.line ?? LAST)).slice(0, MAX_LISTED),
  }
}
