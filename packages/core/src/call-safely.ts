import { isPending } from './maybe.js'

/**
 * Calls what somebody else gave and nothing waits for: what it throws is dropped, and so is the rejection of a promise. Any function may be
 * `async`, also one that is to return nothing, and a rejection that nobody handles ends the process.
 */
export function callSafely(call: () => unknown): void {
  try {
    const answer = call()
    if (isPending(answer)) answer.then(undefined, () => {})
  } catch {
    // Whoever is told of something has no say in it.
  }
}
