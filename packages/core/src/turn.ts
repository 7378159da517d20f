import { performance } from 'node:perf_hooks'
// From the module, not from the global object: whoever tests with a stopped clock must not stop requests.
import { setImmediate } from 'node:timers'

/** How long the event loop belongs to such work before sockets are looked at again. */
const SLICE_MS = 5
/** So many may wait while others are read. Beyond them reading on would only fill memory: the sender has to wait as well. */
const MAX_WAITING = 1_000

let waiting: (() => void)[] = []

/**
 * Does some work at the end of this turn of the event loop: when every socket that had something was read.
 *
 * Whoever has long work to do for a request does it then. Requests that cost nothing are answered before it, and the answers of the
 * others leave together: their readers are woken once and not for each, which is most of what an answer costs. In slices: many
 * requests that arrive at once, one connection may pipeline a hundred, hold up nobody for longer than one of them.
 *
 * @returns what the work returns; rejects with what it throws
 */
export function atEndOfTurn<T>(work: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    if (waiting.length === 0) setImmediate(runSlice)
    waiting.push(() => {
      try {
        resolve(work())
      } catch (error) {
        reject(error)
      }
    })
  })
}

function runSlice(): void {
  const endMs = performance.now() + SLICE_MS
  let done = 0
  while (done < waiting.length && (performance.now() < endMs || waiting.length - done > MAX_WAITING))
    waiting[done++]?.()
  waiting = waiting.slice(done)
  if (waiting.length > 0) setImmediate(runSlice)
}
