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
}

/** A call that waits for its place. */
interface Turn {
  begin: () => void
}

/** Creates a gate. Timers are unref'd: a pending call keeps no process alive. */
export function createGate(runtime: Runtime): Gate {
  const waiting = new Set<Turn>()
  let running = 0
  let window = { startedAtMs: -Infinity, calls: 0 }

  const enter = (turn: Turn): Promise<void> | undefined => {
    const now = runtime.monotonicNow()
    if (now - window.startedAtMs >= BUDGET_WINDOW_MS) window = { startedAtMs: now, calls: 0 }
    if (window.calls >= BUDGET || waiting.size >= MAX_WAITING) {
      const retryAfterSeconds = (window.startedAtMs + BUDGET_WINDOW_MS - now) / 1_000
      throw new UpstreamError('ERR_ISSUER_UNAVAILABLE', { retryAfterSeconds })
    }
    window.calls++
    if (running >= MAX_RUNNING) {
      waiting.add(turn)
      return new Promise((resolve) => (turn.begin = resolve))
    }
    running++
    return undefined
  }
  const leave = (): void => {
    const [next] = waiting
    if (next === undefined) {
      running--
      return
    }
    waiting.delete(next)
    next.begin()
  }
  const run = async <T>(call: () => Promise<T>, turn: Turn): Promise<T> => {
    await enter(turn)
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
  return {
    async pass(call) {
      let timer: NodeJS.Timeout | undefined
      const turn: Turn = { begin: () => {} }
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => {
          // Nobody waits for it any more, so it is not made when its turn comes.
          waiting.delete(turn)
          reject(new UpstreamError('ERR_ISSUER_UNAVAILABLE'))
        }, DEADLINE_MS)
        timer.unref()
      })
      try {
        return await Promise.race([run(call, turn), late])
      } finally {
        clearTimeout(timer)
      }
    },
  }
}
