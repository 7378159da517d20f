import type { AuditTrail } from './trail.js'

/** Options of {@link closeOnSignals}. */
export interface CloseOnSignalsOptions {
  /** Default `SIGTERM` and `SIGINT`. */
  readonly signals?: readonly NodeJS.Signals[] | undefined
  /** Of `close`, in milliseconds. Default 5,000. */
  readonly deadlineMs?: number | undefined
}

/**
 * Closes a trail when the process is asked to end, and then lets it end as it would have: unless somebody else listens to the
 * signal, it is sent again. Nothing of the kind is installed without this call.
 *
 * @returns a function that takes the listeners away
 */
export function closeOnSignals(trail: AuditTrail, options: CloseOnSignalsOptions = {}): () => void {
  const { signals = ['SIGTERM', 'SIGINT'], deadlineMs } = options
  const remove = (): void => signals.forEach((signal) => process.removeListener(signal, onSignal))
  const onSignal = (signal: NodeJS.Signals): void => {
    remove()
    void trail.close(deadlineMs).then(() => {
      if (process.listenerCount(signal) === 0) process.kill(process.pid, signal)
    })
  }
  signals.forEach((signal) => process.on(signal, onSignal))
  return remove
}
