import { UpstreamError } from '../errors.js'
import type { Reason } from '../error-table.js'

/** How long a store may take. One that is shared over a network should give up sooner by itself. */
const DEADLINE_MS = 1_000

/**
 * Waits for a store's answer, and not for ever: a store that hangs must not hang every request with it. An answer that
 * comes later is not looked at.
 *
 * @throws UpstreamError `reason`, once the deadline has passed
 */
export async function withDeadline<T>(pending: PromiseLike<T>, reason: Reason): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    // Timers run before sockets are read: an answer that came while this process was busy still counts.
    timer = setTimeout(() => setImmediate(() => reject(new UpstreamError(reason))), DEADLINE_MS)
    timer.unref()
  })
  try {
    return await Promise.race([pending, late])
  } finally {
    clearTimeout(timer)
  }
}
