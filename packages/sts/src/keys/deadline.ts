import { UpstreamError } from '@countersign/core'

/**
 * Waits for a store, a wrapper or the audit trail no longer than `deadlineMs` of real time, whatever it does later.
 *
 * @throws UpstreamError `ERR_STORE_UNAVAILABLE`, with the failure as its cause
 */
export async function withinDeadline<T>(deadlineMs: number, what: string, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      // Timers run before sockets are read: an answer that came while this process was busy still counts.
      setImmediate(() => reject(unavailable({ what, lateMs: deadlineMs })))
    }, deadlineMs)
    timer.unref()
  })
  try {
    return await Promise.race([work(), late])
  } catch (error) {
    throw error instanceof UpstreamError ? error : unavailable({ what }, error)
  } finally {
    clearTimeout(timer)
  }
}

/** The error of keys that cannot be used now. */
export function unavailable(detail: Readonly<Record<string, string | number>>, cause?: unknown): UpstreamError {
  return new UpstreamError('ERR_STORE_UNAVAILABLE', { detail, cause })
}
