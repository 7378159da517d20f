import type { Endpoint } from './answer.js'
import { checkOutageKind } from './outage-answers.js'
import type { OutageKind, OutageOptions } from './outage-answers.js'

/** An outage that goes on. */
export interface Outage {
  readonly kind: OutageKind
  readonly options: OutageOptions
}

/** What fails at an issuer at present. */
export interface Outages {
  /**
   * Starts an outage in place of any other at its endpoints.
   *
   * @throws TypeError where the kind is unknown
   */
  start(kind: OutageKind, options: OutageOptions): void
  /** Ends every outage. */
  end(): void
  /** Takes the outage that a request to this endpoint meets, if any, and counts the request. */
  take(endpoint: Endpoint): Outage | undefined
  /** Whether nothing listens at all. */
  readonly isDown: boolean
}

const ENDPOINTS: readonly Endpoint[] = ['discovery', 'jwks', 'other']

/** Creates the switchboard of an issuer: everything is well. */
export function createOutages(): Outages {
  const current = new Map<Endpoint, Outage & { left: number }>()
  return {
    start(kind, options) {
      checkOutageKind(kind)
      const { endpoint = 'both', requests = Number.POSITIVE_INFINITY } = options
      const outage = { kind, options, left: requests }
      for (const each of endpoint === 'both' ? ENDPOINTS : [endpoint]) {
        current.set(each, outage)
      }
    },
    end() {
      current.clear()
    },
    take(endpoint) {
      const outage = current.get(endpoint)
      if (outage === undefined || outage.left <= 0) return undefined
      outage.left -= 1
      return outage
    },
    get isDown() {
      const isDown = (outage: { kind: OutageKind; left: number } | undefined): boolean =>
        outage?.kind === 'down' && outage.left > 0
      return ENDPOINTS.every((endpoint) => isDown(current.get(endpoint)))
    },
  }
}
