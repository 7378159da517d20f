import { AuthenticationError } from '@countersign/core'
import type { Claims } from '@countersign/core'
import { findClaim } from '@countersign/core/server'

/** The key that a token is bound to, RFC 7800 section 3.1. @throws AuthenticationError `ERR_TOKEN_CLAIM_TYPE` */
export function readConfirmation(payload: Claims): Readonly<Record<string, unknown>> | undefined {
  const confirmation = findClaim(payload, 'cnf')
  if (confirmation === undefined) return undefined
  if (typeof confirmation === 'object' && confirmation !== null && !Array.isArray(confirmation))
    return confirmation as Readonly<Record<string, unknown>>
  throw new AuthenticationError('ERR_TOKEN_CLAIM_TYPE', { detail: { claim: 'cnf' } })
}
