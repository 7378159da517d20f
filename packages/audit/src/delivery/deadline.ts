/**
 * What a promise comes to, or `undefined` after so many milliseconds of real time. A rejection later is nobody's unhandled one.
 *
 * Until then it holds the process: whoever waits here may be all that is left of it, and would never hear. `holds: false` is for what
 * nobody waits for.
 */
export function waitFor<T>(
  promise: Promise<T>,
  ms: number,
  { holds = true }: { readonly holds?: boolean } = {},
): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => setImmediate(resolve, undefined), ms)
    if (!holds) timer.unref()
    promise.then(
      (value) => {
        clearTimeout(timer)
        resolve(value)
      },
      (error: unknown) => {
        clearTimeout(timer)
        reject(error)
      },
    )
  })
}

/** The longest that a timer can wait. */
const LONGEST_MS = 2_147_483_647

/**
 * A deadline in milliseconds that a timer can keep. A number that is too large is the longest there is, and what is none is the
 * `usualMs`: a timer takes either for one millisecond, and `process.on('SIGTERM', trail.close)` gives the name of the signal.
 */
export function toDeadlineMs(given: unknown, usualMs: number): number {
  if (typeof given !== 'number' || Number.isNaN(given)) return usualMs
  return Math.min(Math.max(given, 0), LONGEST_MS)
}

/** What a promise comes to, however long that takes. Until then it holds the process. */
export async function waitLong<T>(promise: Promise<T>): Promise<T> {
  const holding = setInterval(() => {}, LONGEST_MS)
  try {
    return await promise
  } finally {
    clearInterval(holding)
  }
}
