import { AuthenticationError } from '../errors.js'
import { findClaim, wrongType } from './claim-types.js'
import type { Verified } from './signature.js'

/** Confirmation members that are understood: RFC 9449 section 6.1, RFC 8705 section 3.1. */
const UNDERSTOOD = ['jkt', 'x5t#S256'] as const

/**
 * Checks possession of the key that a token is bound to. A stolen bound token must be worth nothing, so it is refused
 * wherever possession was not proven.
 *
 * @throws AuthenticationError `ERR_PROOF_REQUIRED`, `ERR_TOKEN_CONFIRMATION` (no member is understood), `ERR_TOKEN_CLAIM_TYPE`
 * @see RFC 7800 section 3.1, RFC 9449 section 7.2
 */
export function checkBinding({ payload }: Verified): void {
  const confirmation = findClaim(payload, 'cnf')
  if (confirmation === undefined) return
  if (typeof confirmation !== 'object' || confirmation === null || Array.isArray(confirmation)) throw wrongType('cnf')
  const understood = UNDERSTOOD.filter((member) => Object.hasOwn(confirmation, member))
  if (understood.length === 0) throw new AuthenticationError('ERR_TOKEN_CONFIRMATION', { detail: { claim: 'cnf' } })
  throw new AuthenticationError('ERR_PROOF_REQUIRED', { detail: { claim: 'cnf', wants: understood } })
}
