import type { AuditHead } from '@countersign/core'

/** What is wrong with a trail. */
export type TrailProblemKind =
  /** The event is not what it was: its hash is not its own. */
  | 'edited'
  /** The event after it was bound to another one. */
  | 'replaced'
  /** Events are missing, and no `audit.gap` tells of them. */
  | 'missing'
  /**
   * More events stand in a gap than its `audit.gap` leaves room for. Looked for where `sink` is given; a sink that was full may have kept
   * some that nothing waited for, so that one of these may still stand in the place of another.
   */
  | 'inserted'
  /** An event stands behind one that came after it, two have one number, or a stream begins before what it follows. */
  | 'out-of-order'
  /** A stream ends before an event that a checkpoint, or the stream that followed, knows of. */
  | 'truncated'
  /** A checkpoint, or the stream that followed, knows of another event under this number: the trail was written anew. */
  | 'rewritten'
  /** A checkpoint names one of the keys, which has not signed it. */
  | 'forged-checkpoint'
  /** A checkpoint names a key that was not given: it may be an earlier one of yours, or a stranger's. It counts for nothing. */
  | 'unknown-checkpoint-key'
  /** A line is no event. */
  | 'garbage'

/** Something that is wrong, and where. */
export interface TrailProblem {
  readonly kind: TrailProblemKind
  readonly stream?: string | undefined
  /** The first event that is concerned. */
  readonly seq?: number | undefined
  /** The last one, where there are several. */
  readonly toSeq?: number | undefined
  /** Of the text, from 1. */
  readonly line?: number | undefined
  /** The key that a checkpoint names, where it was not given: printable ASCII, at most 256 characters, and signed by nobody. */
  readonly kid?: string | undefined
}

/** Numbers without events. */
export interface TrailGap {
  readonly stream: string
  readonly from: number
  readonly to: number
  /** Whether an `audit.gap` tells of it. */
  readonly told: boolean
  /**
   * Whether the chain goes on across it: nobody ever had these events, so that nobody can have taken them out. Before the last
   * checkpoint, only where one vouches for the event behind it.
   */
  readonly linked: boolean
}

/** An event that was never written whole: its writer died, and nobody had been told that it was kept. */
export interface TornEvent {
  readonly line: number
  readonly bytes: number
  /** The last whole event before it. */
  readonly after: { readonly stream: string; readonly seq: number } | undefined
}

/** One stream of a trail. */
export interface StreamReport {
  readonly stream: string
  readonly firstSeq: number
  readonly lastSeq: number
  readonly events: number
  /** The hash of its last event. */
  readonly head: string
  /** Whether it ends with `service.stopped`. Without, its process died, or its end was cut off: only a checkpoint can tell.
   * With, its trail was closed; its process may have gone on. */
  readonly stopped: boolean
  /** The stream that it says it follows. */
  readonly follows: string | undefined
  /** The last number that a checkpoint of a known key covers. */
  readonly checkpointSeq: number | undefined
}

/** A stream whose first event names another event, and was not compared with it. */
export interface UncheckedLink {
  readonly stream: string
  readonly follows: AuditHead
}

/** What was found in a trail. */
export interface TrailReport {
  /** Whether nothing is wrong. Torn events, gaps that are told and what is unvouched are not wrong by themselves. */
  readonly ok: boolean
  readonly events: number
  /** Events that stand there more than once, each time the same: delivery is at least once. */
  readonly duplicates: number
  readonly streams: readonly StreamReport[]
  /** The first that is wrong, in the order of the trail. */
  readonly firstBad: TrailProblem | undefined
  /** At most 100, in the order of the trail. */
  readonly problems: readonly TrailProblem[]
  readonly problemCount: number
  readonly gaps: readonly TrailGap[]
  /**
   * Events before the last checkpoint that no checkpoint vouches for: numbers are missing right behind them, and what follows is bound to
   * what was there. A sink that lost some events and kept others has such; whoever can write the trail may have changed them, and
   * only another copy can tell. Empty without checkpoints.
   */
  readonly unvouched: readonly Pick<TrailGap, 'stream' | 'from' | 'to'>[]
  /**
   * Streams that name an event which came too long before them in a source that cannot be read twice, or behind which its own stream
   * begins here: look it up, and compare its hash.
   */
  readonly unchecked: readonly UncheckedLink[]
  readonly torn: readonly TornEvent[]
  /** Checkpoints whose signature held and whose event is here. 0 without keys. */
  readonly checkpoints: number
}
