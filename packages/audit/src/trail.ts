import type { AuditRecorder } from '@countersign/core'
import type { SinkRole, SinkState } from './delivery/runner.js'

/** One sink as an operator sees it. */
export interface SinkHealth {
  readonly name: string
  readonly role: SinkRole
  /** `full`: without room, it takes only events that something waits for. */
  readonly state: SinkState
  readonly queuedEvents: number
  readonly queuedBytes: number
  /** Events that it never got, since the start. */
  readonly lost: number
  /** Milliseconds since when it has been down. */
  readonly downMs: number | undefined
  /** In one word, `LATE` and `HUNG` among them. */
  readonly lastFailure: string | undefined
}

/** A trail as an operator sees it. */
export interface TrailHealth {
  /** Whether what must be recorded can be: enough required sinks are not down, and the trail is not closed. */
  readonly ok: boolean
  readonly stream: string
  /** The last number given out. */
  readonly seq: number
  /** Events that no sink got, since the start: none had room, or they came after `close()`. */
  readonly lost: number
  /** Refusals of strangers that were counted in place of being written, since the start. */
  readonly counted: number
  /** The last number that a checkpoint covers; 0 for none yet, absent where none are made. */
  readonly checkpointSeq: number | undefined
  readonly sinks: readonly SinkHealth[]
}

/** What was left at the end. */
export interface TrailEnd {
  /** Whether nothing waits any more: each sink has everything but what it is told to have lost. */
  readonly drained: boolean
  /**
   * Events that some sink never got, or has not said that it has: each once, however many sinks lack it, the trail's own among them.
   * Also what comes between the call of `close` and its answer; what comes later is in `health().lost` alone. And refusals of strangers that were counted, where nothing had room for the count.
   */
  readonly lost: number
}

/** Records events, and brings them to the sinks. Whoever creates it closes it. */
export interface AuditTrail extends AuditRecorder {
  /** Resolves once the stream has begun: a required sink has said what it follows. Until then it holds the process. */
  ready(): Promise<void>
  health(): TrailHealth
  /**
   * Takes nothing more, writes what waits, and closes the sinks. Never rejects, and takes no longer than `deadlineMs` and a little,
   * by default 5,000, which also holds for what is no number; until then it holds the process. Stop serving first: what still comes is lost, or refused where something waits for it. It happens once: whoever calls it again hears the same.
   */
  close(deadlineMs?: number): Promise<TrailEnd>
}
