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

/** What a promise comes to, however long that takes. Until then it holds the process. */
export async function waitLong<T>(promise: Promise<T>): Promise<T> {
  const holding = setInterval(() => {}, LONGEST_MS)
  try {
    return await promise
  } finally {
    clearInterval(holding)
  }
}
