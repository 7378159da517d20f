import { AuthenticationError } from '../errors.js'
import type { ProofKeys } from '../keys/proof-keys.js'
import type { TrustedIssuer } from '../issuers/trusted-issuer.js'
import type { Rules } from '../rules.js'
import { findClaim, wrongType } from './claim-types.js'
import type { Payload } from './claim-types.js'
import type { Credentials } from './credentials.js'
import { checkProof } from './proof.js'
import type { Verified } from './signature.js'
import type { Maybe } from '../maybe.js'

/** Confirmation members that are understood: RFC 9449 section 6.1, RFC 8705 section 3.1. */
const UNDERSTOOD = ['jkt', 'x5t#S256'] as const

/** What the binding step needs beside the token. */
export interface BindingContext {
  readonly rules: Rules
  readonly proofKeys: ProofKeys
}

/**
 * Checks possession of the key that a token is bound to. A stolen bound token must be worth nothing, so it is refused
 * wherever possession was not proven. Synchronous for a token that is bound to nothing.
 *
 * @throws AuthenticationError `ERR_PROOF_REQUIRED` (bound, and not proven; or DPoP is required), `ERR_PROOF_UNBOUND` (under the
 *   DPoP scheme, and bound to nothing), `ERR_TOKEN_CONFIRMATION` (no member is understood), `ERR_TOKEN_CLAIM_TYPE`, `ERR_PROOF_*`
 * @see RFC 7800 section 3.1, RFC 9449 sections 7.1 and 7.2
 */
export function checkBinding(
  { payload }: Verified,
  issuer: TrustedIssuer,
  credentials: Credentials,
  { rules, proofKeys }: BindingContext,
): Maybe<void> {
  const { scheme, request, skipsBinding = false } = credentials
  const { dpop } = rules
  const confirmation = readConfirmation(payload)
  const thumbprint = confirmation?.['jkt']
  if (thumbprint === undefined && scheme === 'DPoP') throw new AuthenticationError('ERR_PROOF_UNBOUND')
  if (skipsBinding && confirmation !== undefined) checkTypes(confirmation)
  // Every understood member must hold, and no certificate is looked at here.
  if (!skipsBinding && confirmation !== undefined && Object.hasOwn(confirmation, 'x5t#S256'))
    throw proofRequired(['x5t#S256'])
  if (thumbprint === undefined) {
    if (issuer.dpopMode === 'required') throw proofRequired(['jkt'])
    return
  }
  if (typeof thumbprint !== 'string') throw wrongType('cnf')
  if (skipsBinding) return
  // The downgrade: a bound token sent as Bearer, by whoever stole it (section 7.2).
  if (scheme !== 'DPoP' || request === undefined || dpop === undefined || issuer.dpopMode === 'off')
    throw proofRequired(['jkt'])
  return checkProof(thumbprint, credentials, request, { rules, dpop, proofKeys })
}

function readConfirmation(payload: Payload): Payload | undefined {
  const confirmation = findClaim(payload, 'cnf')
  if (confirmation === undefined) return undefined
  if (typeof confirmation !== 'object' || confirmation === null || Array.isArray(confirmation)) throw wrongType('cnf')
  if (UNDERSTOOD.some((member) => Object.hasOwn(confirmation, member))) return confirmation as Payload
  throw new AuthenticationError('ERR_TOKEN_CONFIRMATION', { detail: { claim: 'cnf' } })
}

/** What a caller compares must be text: `undefined` equals what was never proven. */
function checkTypes(confirmation: Payload): void {
  for (const member of UNDERSTOOD) {
    if (Object.hasOwn(confirmation, member) && typeof confirmation[member] !== 'string') throw wrongType('cnf')
  }
}

function proofRequired(wants: readonly string[]): AuthenticationError {
  return new AuthenticationError('ERR_PROOF_REQUIRED', { detail: { claim: 'cnf', wants } })
}
