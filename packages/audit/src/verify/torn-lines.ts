import type { AuditEvent } from '@countersign/core'
import type { Problems } from './problems.js'
import type { TornEvent } from './report.js'

/** Tells lines that a dead writer left unfinished from lines that somebody made of events. */
export interface TornLines {
  readonly found: readonly TornEvent[]
  /** A line is no event. `isWhole`: a line feed follows. */
  note(line: Pick<TornEvent, 'line' | 'bytes'>, isWhole: boolean): void
  /** What follows: an event, or the end. */
  settle(next: AuditEvent | undefined): void
}

/**
 * Creates an empty list. A line is torn where a file ends in it, or where a new stream begins behind it: the next process has ended
 * the line. That a whole event was made to look like a torn one shows in what the next stream says of the one before.
 */
export function createTornLines(problems: Problems): TornLines {
  const found: TornEvent[] = []
  let open: TornEvent | undefined
  let after: TornEvent['after']
  const settle = (isTorn: boolean): void => {
    if (open === undefined) return
    if (isTorn) found.push(open)
    else
      problems.add({
        kind: 'garbage',
        line: open.line,
        stream: open.after?.stream,
        seq: open.after && open.after.seq + 1,
      })
    open = undefined
  }
  return {
    found,
    note(line, isWhole) {
      settle(false)
      open = { ...line, after }
      if (!isWhole) settle(true)
    },
    settle(next) {
      settle(next?.chain.seq === 1)
      if (next !== undefined) after = { stream: next.chain.stream, seq: next.chain.seq }
    },
  }
}
