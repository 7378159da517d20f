import { UpstreamError } from '../errors.js'

/** One total deadline, shared by everything that must be done before it. */
export interface Deadline {
  /** Aborts with the {@link UpstreamError} that whoever waits must see. */
  readonly signal: AbortSignal
  /** Ends it early: the work is done, or whoever wanted it is gone. */
  stop(): void
}

/** Starts a deadline of `timeoutMs` milliseconds of real time. The timer keeps no process alive. */
export function startDeadline(timeoutMs: number): Deadline {
  const controller = new AbortController()
  const late = (): void => controller.abort(new UpstreamError('ERR_UPSTREAM_TIMEOUT', { detail: { timeoutMs } }))
  // Timers run before sockets are read: an answer that came while this process was busy still counts.
  const timer = setTimeout(() => setImmediate(late), timeoutMs)
  timer.unref()
  return {
    signal: controller.signal,
    stop() {
      clearTimeout(timer)
      controller.abort(new UpstreamError('ERR_UPSTREAM_NETWORK', { detail: { closed: true } }))
    },
  }
}

/** Waits for `work` until the deadline; what settles later is ignored. Rejects with the signal's own error. */
export function raceDeadline<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error)
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
