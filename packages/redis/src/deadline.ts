/** What became of work that has a deadline. */
export type Outcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'late' }

/**
 * Waits for `work` no longer than `deadlineMs` of real time. Never rejects: whatever the work does later is ignored, and a late
 * rejection is nobody's unhandled one.
 *
 * `isLate` tells the work that nobody waits any more.
 */
export function withDeadline<T>(deadlineMs: number, work: (isLate: () => boolean) => Promise<T>): Promise<Outcome<T>> {
  return new Promise((resolve) => {
    let late = false
    const timer = setTimeout(() => {
      // Timers run before sockets are read: an answer that came while this process was busy still counts.
      setImmediate(() => {
        late = true
        resolve({ kind: 'late' })
      })
    }, deadlineMs)
    timer.unref()
    const settle = (outcome: Outcome<T>): void => {
      clearTimeout(timer)
      resolve(outcome)
    }
    work(() => late).then(
      (value) => settle({ kind: 'done', value }),
      (error: unknown) => settle({ kind: 'failed', error }),
    )
  })
}
