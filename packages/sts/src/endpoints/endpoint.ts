import type { HttpPeer } from '@countersign/core'
import type { EndpointProofs } from '@countersign/core/server'
import type { ClientAuthentication } from '../clients/authenticate-client.js'
import type { ServiceContext } from '../service-context.js'

/** What every endpoint of one service works with. */
export interface EndpointContext {
  readonly service: ServiceContext
  readonly authentication: ClientAuthentication
  /** Of the token endpoint alone. */
  readonly proofs: EndpointProofs
}

/** One request, as it came. */
export interface EndpointCall {
  readonly request: Request
  readonly peer: HttpPeer
  /** Ours, for the audit trail. */
  readonly id: string
  readonly startedAtMs: number
}
