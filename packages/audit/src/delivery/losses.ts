/** Events that are missing between two numbers, both included. */
export interface Loss {
  readonly from: number
  readonly to: number
  readonly count: number
}

/** Counts what is lost, so that it can be told once it is over. */
export interface Losses {
  /** Since the start. */
  readonly total: number
  add(seq: number): void
  /** What was lost since it was last asked. */
  take(): Loss | undefined
}

/** Creates an empty count. */
export function createLosses(): Losses {
  let total = 0
  let open: Loss | undefined
  return {
    get total() {
      return total
    },
    add(seq) {
      total += 1
      const { from, to, count } = open ?? { from: seq, to: seq, count: 0 }
      // Numbers do not come in order: what waited for a sink may be lost after what found no room behind it.
      open = { from: Math.min(from, seq), to: Math.max(to, seq), count: count + 1 }
    },
    take() {
      const loss = open
      open = undefined
      return loss
    },
  }
}
