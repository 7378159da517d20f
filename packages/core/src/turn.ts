// From the module, not from the global object: whoever tests with a stopped clock must not stop requests.
import { setImmediate } from 'node:timers'

let end: Promise<void> | undefined

/**
 * Resolves at the end of this turn of the event loop, for everybody who asks in it: when every socket that had something was read.
 *
 * Whoever has long work to do for a request does it then. Requests that cost nothing are answered before it, and the answers of the
 * others leave together: their readers are woken once and not for each, which is most of what an answer costs.
 */
export function endOfTurn(): Promise<void> {
  end ??= new Promise((resolve) => {
    setImmediate(() => {
      end = undefined
      resolve()
    })
  })
  return end
}
