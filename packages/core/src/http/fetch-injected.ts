import type { NetworkRules } from '../rules.js'
import type { Runtime } from '../runtime.js'
import { readWebBody } from './fetch-body.js'
import { toNetworkError } from './fetch-connect.js'
import { raceDeadline } from './fetch-deadline.js'
import type { FetchAnswer, FetchRequest } from './fetch-request.js'

/**
 * Sends a request with the caller's own `fetch`, whether or not it honours the signal.
 * Not checked: which address it connects to, and with what certificate.
 */
export async function sendInjected(
  wanted: FetchRequest,
  network: NetworkRules,
  fetch: NonNullable<Runtime['fetch']>,
): Promise<FetchAnswer> {
  const { signal } = wanted
  const answering = Promise.resolve().then(() =>
    fetch(wanted.url, {
      method: wanted.method ?? 'GET',
      headers: {
        accept: 'application/json',
        ...wanted.headers,
        'accept-encoding': 'identity',
        'user-agent': 'countersign',
      },
      body: wanted.body,
      redirect: 'manual',
      signal,
    }),
  )
  try {
    const response = await raceDeadline(answering, signal)
    return {
      status: response.status,
      // A `fetch` that followed one anyway went where nobody checked.
      redirected: response.redirected || response.type === 'opaqueredirect',
      address: undefined,
      header: (name) => response.headers.get(name) ?? undefined,
      read: async () => {
        try {
          return await raceDeadline(readWebBody(response.body, network.maxBytes, signal), signal)
        } catch (error) {
          throw toNetworkError(error, signal)
        }
      },
      discard: () => void discardBody(response),
    }
  } catch (error) {
    // Comes too late for us, but holds a connection until somebody cancels it.
    answering.then(discardBody, () => {})
    throw toNetworkError(error, signal)
  }
}

/** Never rejects: nobody waits for it, and what an application's `fetch` answers need be no Response at all. */
async function discardBody(response: Response): Promise<void> {
  try {
    if (response.body !== null && !response.body.locked) await response.body.cancel()
  } catch {
    // There is nothing to give back, or it is gone.
  }
}
