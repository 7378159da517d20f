import { UpstreamError } from '../errors.js'
import type { Runtime } from '../runtime.js'

/** Bounds on what strangers can make the application do: they choose the names that it is asked for. */
const MAX_RUNNING = 8
const MAX_WAITING = 256
const DEADLINE_MS = 3_000
/** A call that never ends gives its place up after this, or eight of them would close the gate for good. */
const ABANDONED_MS = 30_000
const BUDGET = 500
const BUDGET_WINDOW_MS = 10_000

/** Lets calls through: at most eight at once and five hundred in ten seconds, each within three seconds. */
export interface Gate {
  /** @throws UpstreamError `ERR_ISSUER_UNAVAILABLE` at once where the gate is full, or at the deadline */
  pass<T>(call: () => Promise<T>): Promise<T>
  /**
   * The same for a call about a name that was good before: it comes before the others and out of no budget of theirs, so that
   * made-up names lock nobody out who is known. The caller bounds how many there are.
   */
  passKnown<T>(call: () => Promise<T>): Promise<T>
}

/** A call that waits for its place. */
interface Turn {
  begin: () => void
}

/** Creates a gate. Timers are unref'd: a pending call keeps no process alive. */
export function createGate(runtime: Runtime): Gate {
  const waiting = new Set<Turn>()
  const first = new Set<Turn>()
  let running = 0
  let window = { startedAtMs: -Infinity, calls: 0 }

  const spend = (): void => {
    const now = runtime.monotonicNow()
    if (now - window.startedAtMs >= BUDGET_WINDOW_MS) window = { startedAtMs: now, calls: 0 }
    if (window.calls >= BUDGET || waiting.size >= MAX_WAITING) {
      const retryAfterSeconds = (window.startedAtMs + BUDGET_WINDOW_MS - now) / 1_000
      throw new UpstreamError('ERR_ISSUER_UNAVAILABLE', { retryAfterSeconds })
    }
    window.calls++
  }
  const enter = (turn: Turn, queue: Set<Turn>): Promise<void> | undefined => {
    if (queue === waiting) spend()
    if (running >= MAX_RUNNING) {
      queue.add(turn)
      return new Promise((resolve) => (turn.begin = resolve))
    }
    running++
    return undefined
  }
  const leave = (): void => {
    const queue = first.size > 0 ? first : waiting
    const [next] = queue
    if (next === undefined) {
      running--
      return
    }
    queue.delete(next)
    next.begin()
  }
  const run = async <T>(call: () => Promise<T>, turn: Turn, queue: Set<Turn>): Promise<T> => {
    await enter(turn, queue)
    let left = false
    const leaveOnce = (): void => {
      if (!left) leave()
      left = true
    }
    const timer = setTimeout(leaveOnce, ABANDONED_MS)
    timer.unref()
    try {
      return await call()
    } finally {
      clearTimeout(timer)
      leaveOnce()
    }
  }
  const passBy = async <T>(queue: Set<Turn>, call: () => Promise<T>): Promise<T> => {
    let timer: NodeJS.Timeout | undefined
    const turn: Turn = { begin: () => {} }
    const late = new Promise<never>((_, reject) => {
      const giveUp = (): void => {
        // Nobody waits for it any more, so it is not made when its turn comes.
        queue.delete(turn)
        reject(new UpstreamError('ERR_ISSUER_UNAVAILABLE'))
      }
      // Timers run before sockets are read: an answer that came while this process was busy still counts.
      timer = setTimeout(() => setImmediate(giveUp), DEADLINE_MS)
      timer.unref()
    })
    try {
      return await Promise.race([run(call, turn, queue), late])
    } finally {
      clearTimeout(timer)
    }
  }
  return { pass: (call) => passBy(waiting, call), passKnown: (call) => passBy(first, call) }
}
