import type { Endpoint, IssuerAnswer, IssuerRequest } from './answer.js'
import type { Clock } from './clock.js'
import { deliverInMemory } from './memory.js'

/** What the fetch in memory understands of the options of `fetch`. */
export interface TestFetchInit {
  readonly method?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | Headers | undefined
  readonly body?: unknown
  /** As in `fetch`: `follow` by default, `manual` gives the 3xx itself, `error` rejects. */
  readonly redirect?: string | undefined
  readonly signal?: AbortSignal | null | undefined
}

/** A request for a URL that no issuer of the runtime owns. */
export interface UnexpectedRequest {
  readonly url: string
  /** By the wall clock of the runtime, in milliseconds since the epoch. */
  readonly atMs: number
}

/** The clocks and the network of a verifier under test: `createVerifier({ runtime })`. */
export interface TestRuntime extends Clock {
  /** Answers from the issuers in memory; rejects for a URL that none of them owns, and remembers it. */
  readonly fetch: (url: string, init?: TestFetchInit) => Promise<Response>
  /** Every request that nobody owned, the oldest first: a caller may have swallowed the rejection. */
  readonly unexpected: readonly UnexpectedRequest[]
  /**
   * Checks that no request went astray: for the end of a test.
   *
   * @throws Error naming the URLs that nobody owned
   */
  checkRequests(): void
}

/** What a runtime needs of an issuer. */
export interface RuntimeIssuer {
  readonly issuer: string
  readonly jwksUri: string
  readonly clock: Clock
  handle(request: IssuerRequest, endpoint?: Endpoint): IssuerAnswer
  serves(url: string): boolean
}

const MAX_REDIRECTS = 20

/**
 * Joins issuers that share one clock into one runtime.
 *
 * A URL that an issuer serves goes to it; another one on the origin of an issuer gets its 404; everything else rejects.
 *
 * @throws TypeError where no issuer is given, or they were created with different clocks
 */
export function testRuntime(...issuers: readonly RuntimeIssuer[]): TestRuntime {
  const [first] = issuers
  if (first === undefined) throw new TypeError('testRuntime wants at least one issuer')
  const { clock } = first
  if (issuers.some((issuer) => issuer.clock !== clock)) {
    throw new TypeError(
      'testRuntime wants issuers of one clock: pass the same createTestClock() to each createTestIssuer',
    )
  }
  const unexpected: UnexpectedRequest[] = []

  async function fetchOnce(url: string, init: TestFetchInit): Promise<Response> {
    const server = issuers.find((issuer) => issuer.serves(url))
    const owner = server ?? issuers.find((issuer) => isNeighbour(issuer, url))
    if (owner === undefined) {
      unexpected.push({ url, atMs: clock.now() })
      throw new TypeError(`No test issuer owns ${url}; there are ${issuers.map(({ issuer }) => issuer).join(', ')}`)
    }
    const headers = Object.fromEntries(new Headers(init.headers))
    const signal = init.signal ?? new AbortController().signal
    signal.throwIfAborted()
    const request = { method: init.method ?? 'GET', url, headers }
    // Where its documents are on two hosts, neither has the paths of the other.
    const answer = server === undefined ? owner.handle(request, 'other') : owner.handle(request)
    return deliverInMemory(answer, url, signal)
  }

  async function fetchFollowing(url: string, init: TestFetchInit): Promise<Response> {
    let target = url
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
      const response = await fetchOnce(target, init)
      const location = response.headers.get('location')
      if (response.status < 300 || response.status > 399 || location === null || init.redirect === 'manual') {
        if (redirects > 0) Object.defineProperty(response, 'redirected', { value: true })
        return response
      }
      if (init.redirect === 'error') throw new TypeError('fetch failed', { cause: new Error('unexpected redirect') })
      target = new URL(location, target).href
    }
    throw new TypeError('fetch failed', { cause: new Error('redirect count exceeded') })
  }

  return {
    now: () => clock.now(),
    monotonicNow: () => clock.monotonicNow(),
    fetch: (url, init = {}) => fetchFollowing(url, init),
    unexpected,
    checkRequests() {
      if (unexpected.length === 0) return
      throw new Error(`No test issuer owns ${unexpected.map((request) => request.url).join(', ')}`)
    },
  }
}

function isNeighbour(issuer: RuntimeIssuer, url: string): boolean {
  const { origin } = new URL(url)
  return origin === new URL(issuer.issuer).origin || origin === new URL(issuer.jwksUri).origin
}
