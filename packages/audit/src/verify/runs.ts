/** Numbers from one to another, both included. */
export interface Range {
  readonly from: number
  readonly to: number
}

/** Events that are bound to one another, and up to which of them a checkpoint vouches. */
interface Run {
  readonly from: number
  to: number
  vouchedTo: number
  /** What nothing waited for. */
  readonly ordinary: { readonly from: number; to: number }[]
}

/** What of a stream hangs together. A checkpoint vouches for its event, and for all that this one is bound to; never across a break. */
export interface Runs {
  /** Takes note of the next event. `isLinked`: it is bound to the one before. `isOrdinary`: nothing waited for it. */
  add(seq: number, isLinked: boolean, isOrdinary: boolean): void
  /** A checkpoint, or a later stream for which one vouches, knows this event. */
  vouch(seq: number): void
  /** The last event that is vouched for; 0 for none. */
  readonly vouchedSeq: number
  isVouched(seq: number): boolean
  /** What stands before that one, and is bound to nothing that is vouched for. */
  listUnvouched(): readonly Range[]
  /** What nothing waited for, vouched for or not. Of a run with many changes from such to others, the older count as such. */
  listOrdinary(): readonly Range[]
}

const MAX_RANGES = 4_096

/** Creates the runs of a stream without events. */
export function createRuns(): Runs {
  const runs: Run[] = []
  let vouchedSeq = 0
  const find = (seq: number): Run | undefined => {
    let [low, high] = [0, runs.length]
    // There may be as many as events.
    while (low < high) {
      const middle = (low + high) >> 1
      if ((runs[middle]?.from ?? Infinity) <= seq) low = middle + 1
      else high = middle
    }
    const run = runs[low - 1]
    return run !== undefined && seq <= run.to ? run : undefined
  }
  return {
    add(seq, isLinked, isOrdinary) {
      const last = runs.at(-1)
      const run = last !== undefined && isLinked ? last : { from: seq, to: seq, vouchedTo: seq - 1, ordinary: [] }
      if (run !== last) runs.push(run)
      run.to = seq
      if (!isOrdinary) return
      const before = run.ordinary.at(-1)
      if (before?.to === seq - 1) before.to = seq
      else run.ordinary.push({ from: seq, to: seq })
      if (run.ordinary.length <= MAX_RANGES) return
      const [oldest] = run.ordinary.splice(0, MAX_RANGES / 2 - 1)
      const next = run.ordinary[0]
      if (oldest !== undefined && next !== undefined) run.ordinary[0] = { from: oldest.from, to: next.to }
    },
    vouch(seq) {
      const run = find(seq)
      if (run === undefined) return
      run.vouchedTo = Math.max(run.vouchedTo, seq)
      vouchedSeq = Math.max(vouchedSeq, seq)
    },
    get vouchedSeq() {
      return vouchedSeq
    },
    isVouched: (seq) => (find(seq)?.vouchedTo ?? 0) >= seq,
    listUnvouched: () =>
      runs
        .filter(({ to, vouchedTo }) => to < vouchedSeq && vouchedTo < to)
        .map(({ to, vouchedTo }) => ({ from: vouchedTo + 1, to })),
    listOrdinary: () => runs.flatMap(({ ordinary }) => ordinary),
  }
}
