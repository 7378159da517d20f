import type { ResolvedClient } from '../clients/client.js'
import type { Targets } from './targets.js'
import type { Trust } from './trust.js'

/** What rules are checked against: whatever they name must exist, so that a slip is no silent hole. */
export interface PolicySurroundings {
  /** The service's own name. */
  readonly issuer: string
  readonly clients: readonly ResolvedClient[]
  readonly targets: Targets
  readonly trust: Trust
}
