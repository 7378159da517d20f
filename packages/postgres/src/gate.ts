import { UpstreamError } from '@countersign/core'
import type { Logger } from '@countersign/core'

/** The one way to a database: nobody waits past the deadline, and only so many wait at all. */
export interface Gate {
  /**
   * Runs one piece of work.
   *
   * @throws UpstreamError `ERR_STORE_UNAVAILABLE`: it failed, took too long, or was not begun
   */
  run<T>(work: () => Promise<T>): Promise<T>
}

/**
 * What was given up is still under way in the pool until that gives it up too: a database that hangs must not make this process
 * keep every request that ever asked.
 */
const MOST_UNDER_WAY = 1_000

/** Creates a gate. `logger` hears of it when the database goes away and when it is back. */
export function createGate(deadlineMs: number, logger: Logger): Gate {
  let underWay = 0
  let isAway = false

  const begin = async <T>(work: () => Promise<T>): Promise<T> => {
    underWay += 1
    try {
      return await work()
    } finally {
      underWay -= 1
    }
  }
  const tell = (failure: string | undefined): void => {
    if (failure === undefined && isAway) logger.info('PostgreSQL answers again')
    if (failure !== undefined && !isAway) logger.warn('PostgreSQL counts as away', { failure })
    isAway = failure !== undefined
  }
  return {
    run: (work) =>
      new Promise((resolve, reject) => {
        let isOver = false
        // What comes after the end says nothing: neither a deadline after an answer, nor an answer that nobody waits for.
        const end = (failure: string | undefined, settle: () => void): void => {
          if (isOver) return
          isOver = true
          clearTimeout(timer)
          tell(failure)
          settle()
        }
        const fail = (failure: string, cause?: unknown): void => end(failure, () => reject(unavailable(failure, cause)))
        const timer = setTimeout(() => {
          // Timers run before sockets are read: an answer that came while this process was busy still counts.
          setImmediate(() => fail(`no answer in ${deadlineMs} ms`))
        }, deadlineMs)
        timer.unref()
        if (underWay >= MOST_UNDER_WAY) return fail('too many under way')
        begin(work).then(
          (value) => end(undefined, () => resolve(value)),
          (error: unknown) => fail(toFailure(error), error),
        )
      }),
  }
}

function unavailable(failure: string, cause: unknown): UpstreamError {
  return new UpstreamError('ERR_STORE_UNAVAILABLE', { detail: { failure }, cause })
}

/** The SQLSTATE or the code of the system, else the name: a message may quote what was sent. */
function toFailure(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown }
  return [code, name].find((word): word is string => typeof word === 'string' && /^\w{1,64}$/.test(word)) ?? 'Error'
}
