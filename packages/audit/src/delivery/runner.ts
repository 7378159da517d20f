import type { AuditEvent, AuditHead, AuditSink } from '@countersign/core'
import { attemptWrite, isFull, toFailure } from './attempt.js'
import type { Patience } from './attempt.js'
import { createLosses } from './losses.js'
import type { Loss } from './losses.js'
import type { Missed } from './missed.js'
import { createQueue } from './queue.js'
import type { QueuedEvent, QueueRules } from './queue.js'

/** Where a sink stands. `full`: it takes only what something waits for. `failed`: it takes nothing. */
export type SinkState = 'up' | 'failed' | 'full'

/** What a sink is for. `checkpoints`: it gets these alone. */
export type SinkRole = 'required' | 'best-effort' | 'checkpoints'

/** Why a sink is down. */
export interface Failure {
  /** One word. */
  readonly failure: string
  /** What it failed with, if it gave any. */
  readonly error: unknown
  /** Whether the trail may hear of it: what is late with no more than the trail's own word would be late with that too, for ever. */
  readonly mayTell: boolean
}

/** What a runner tells its trail. */
export interface RunnerEvents {
  /** A sink went down, or out of room. */
  onFailed(runner: Runner, why: Failure): void
  /**
   * It takes what something waits for again; where its state is `full`, no more than that. `mayTell`: the trail heard that it was down.
   */
  onRecovered(runner: Runner, mayTell: boolean): void
  /** What a sink lost may be told. */
  onGap(runner: Runner, loss: Loss): void
  /** There may be room, or a sink, for what waits. `mayTell`: also for being told what was lost. */
  onProgress(runner: Runner, mayTell: boolean): void
}

/** Brings events to one sink, in order, one batch at a time, again and again until it has them. */
export interface Runner {
  readonly sink: AuditSink
  readonly role: SinkRole
  readonly state: SinkState
  /** Milliseconds, on the clock that never goes back, since when it has been down. */
  readonly downSinceMs: number | undefined
  /** The same, since when it has taken nothing at all. */
  readonly failedSinceMs: number | undefined
  readonly queuedEvents: number
  readonly queuedBytes: number
  /** Events that this sink never got, since the start. */
  readonly lost: number
  readonly lastFailure: string | undefined
  /** The last event that it has, of this stream. */
  readonly kept: AuditHead | undefined
  /** Whether it is up, and so little waits that there is room for a while. */
  readonly isRelaxed: boolean
  /** Whether anything is on its way. */
  readonly isRunning: boolean
  /** What still waits. */
  readonly waiting: readonly AuditEvent[]
  hasRoom(isOrdinary: boolean): boolean
  push(item: QueuedEvent): void
  /** Notes that an event did not go to this sink. */
  lose(event: AuditEvent): void
  /** Tells of what was lost since it was last told, if anything was. */
  tellLosses(): void
  /** Resolves once nothing waits any more. */
  drain(): Promise<void>
  stop(): void
}

/** How a runner goes about it. */
export interface RunnerRules {
  readonly queue: QueueRules
  readonly patience: Patience
  /** Hears of each event that the sink never gets. */
  readonly missed: Missed
  readonly monotonicNow: () => number
}

const MAX_BATCH_EVENTS = 1_024
const MAX_BATCH_BYTES = 1_048_576
const FIRST_RETRY_MS = 10
const LAST_RETRY_MS = 1_000
/** So often a sink that is full is asked for room. */
const PROBE_MS = 1_000
/** A sink that is full tells of its losses so often, out of its reserve: whoever dies before there is room must not look like a thief. */
const FULL_GAP_MS = 10_000

/** What the trail says because of what it said before: no reason to say more. */
const OWN_WORDS: ReadonlySet<string> = new Set(['audit.sink_failed', 'audit.sink_recovered', 'audit.checkpoint'])

/** Creates the runner of one sink. */
export function createRunner(sink: AuditSink, role: SinkRole, rules: RunnerRules, events: RunnerEvents): Runner {
  const queue = createQueue(rules.queue)
  const losses = createLosses()
  const idle: (() => void)[] = []
  let isOutOfRoom = false
  let told: SinkState = 'up'
  let downSinceMs: number | undefined
  let failedSinceMs: number | undefined
  let lastFailure: string | undefined
  let kept: AuditHead | undefined
  let isRunning = false
  let isStopped = false
  let batchEvents = MAX_BATCH_EVENTS
  let retryMs = FIRST_RETRY_MS
  let lastProbeMs = -Infinity
  let lastToldMs = -Infinity

  const lose = (event: AuditEvent): void => {
    losses.add(event.chain.seq)
    rules.missed.add(event)
  }
  /** A sink of checkpoints gets nothing else. */
  const isOwnWord = ({ event }: QueuedEvent): boolean => role !== 'checkpoints' && OWN_WORDS.has(event.type)
  const toState = (): SinkState => {
    if (failedSinceMs !== undefined) return 'failed'
    return isOutOfRoom ? 'full' : 'up'
  }
  const fail = (batch: readonly QueuedEvent[], failure: string, error?: unknown): void => {
    const before = toState()
    lastFailure = failure
    if (isFull(failure)) {
      isOutOfRoom = true
      for (const { event } of queue.dropOrdinary()) lose(event)
    }
    downSinceMs ??= rules.monotonicNow()
    // No room for ordinary events is none for those alone, which a reserve is not for: the others are tried without them.
    if (!isFull(failure) || batch.every(({ isOrdinary }) => !isOrdinary)) failedSinceMs ??= rules.monotonicNow()
    else if (queue.events === 0) failedSinceMs = undefined
    const state = toState()
    const mayTell = state !== told && !(batch.every(isOwnWord) && queue.peek(Infinity, Infinity).every(isOwnWord))
    if (mayTell) told = state
    if (mayTell || state !== before) events.onFailed(runner, { failure, error, mayTell })
  }

  /** `failed` ends when the sink has taken anything, `full` when it has taken an ordinary event. */
  const succeed = (batch: readonly QueuedEvent[]): void => {
    const before = toState()
    queue.drop(batch.length)
    kept = batch.at(-1)?.event.chain
    for (const { ticket } of batch) if (role === 'required') ticket?.acknowledge()
    retryMs = FIRST_RETRY_MS
    failedSinceMs = undefined
    // To a sink of checkpoints nothing comes that is ordinary.
    if (role === 'checkpoints' || batch.some(({ isOrdinary }) => isOrdinary)) isOutOfRoom = false
    const state = toState()
    if (state === 'up') downSinceMs = undefined
    if (state !== before) {
      // What was never told to be down is not told to be back, and not taken for told.
      const mayTell = told !== state && told !== 'up'
      if (mayTell) told = state
      events.onRecovered(runner, mayTell)
    }
    events.onProgress(runner, tellIfDue())
  }
  /** Whether what was lost may be told, and if so tells it: where there is room for a while, and of a sink that is full now and then. */
  const tellIfDue = (): boolean => {
    const isDue = toState() === 'full' && rules.monotonicNow() - lastToldMs >= FULL_GAP_MS
    if (isDue) lastToldMs = rules.monotonicNow()
    const mayTell = isDue || runner.isRelaxed
    if (mayTell) runner.tellLosses()
    return mayTell
  }

  const run = async (): Promise<void> => {
    // One turn later: whatever is recorded in this one shares a batch, and with it one sync of the disk.
    await new Promise(setImmediate)
    while (queue.events > 0 && !isStopped) {
      const batch = queue.peek(batchEvents, MAX_BATCH_BYTES)
      let isLate = false
      const outcome = await attemptWrite(
        sink,
        batch.map(({ event }) => event),
        rules.patience,
        () => {
          isLate = true
          fail(batch, 'LATE')
        },
      )
      // A batch too large to be taken in time would never be taken.
      batchEvents = isLate ? Math.max(1, batch.length >> 1) : Math.min(MAX_BATCH_EVENTS, batchEvents * 2)
      if (outcome.kind === 'kept') {
        succeed(batch)
        continue
      }
      const failure = toFailure(outcome)
      fail(batch, failure, outcome.kind === 'failed' ? outcome.error : undefined)
      // The ordinary ones are out of the way: those that somebody waits for do not wait for the next look as well.
      if (isFull(failure) && batch.some(({ isOrdinary }) => isOrdinary)) {
        // The first time with word of its failure: what is lost until that is kept is told together.
        events.onProgress(runner, lastToldMs > -Infinity && tellIfDue())
        continue
      }
      await pause(retryMs * (0.75 + Math.random() / 2))
      retryMs = Math.min(LAST_RETRY_MS, retryMs * 2)
    }
    isRunning = false
    for (const resolve of idle.splice(0)) resolve()
  }

  const runner: Runner = {
    sink,
    role,
    get state() {
      return toState()
    },
    get downSinceMs() {
      return downSinceMs
    },
    get failedSinceMs() {
      return failedSinceMs
    },
    get queuedEvents() {
      return queue.events
    },
    get queuedBytes() {
      return queue.bytes
    },
    get lost() {
      return losses.total
    },
    get lastFailure() {
      return lastFailure
    },
    get kept() {
      return kept
    },
    get isRelaxed() {
      return toState() === 'up' && queue.isRelaxed
    },
    get isRunning() {
      return isRunning
    },
    get waiting() {
      return queue.peek(Infinity, Infinity).map(({ event }) => event)
    },
    hasRoom(isOrdinary) {
      // One ordinary event a second asks whether there is room again, and stands in the way of none that is tried without.
      const isAsked = failedSinceMs !== undefined || rules.monotonicNow() - lastProbeMs < PROBE_MS
      if (isOutOfRoom && isOrdinary && isAsked) return false
      return !isStopped && queue.hasRoom(isOrdinary)
    },
    push(item) {
      if (isOutOfRoom && item.isOrdinary) lastProbeMs = rules.monotonicNow()
      queue.push(item)
      if (isRunning || isStopped) return
      isRunning = true
      void run()
    },
    lose,
    tellLosses() {
      const loss = losses.take()
      if (loss === undefined) return
      events.onGap(runner, loss)
    },
    drain() {
      if (!isRunning) return Promise.resolve()
      return new Promise<void>((resolve) => idle.push(resolve))
    },
    stop() {
      isStopped = true
    },
  }
  return runner
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref())
}
