import { AuthenticationError } from '../errors.js'
import type { Rules } from '../rules.js'
import type { TrustedIssuer } from '../issuers/trusted-issuer.js'
import { checkAudience } from './audience.js'
import { missing, readDate, readText, readTextList } from './claim-types.js'
import type { Payload } from './claim-types.js'
import { checkProfile } from './profile.js'
import { checkClaimRule } from './required-claims.js'
import type { Verified } from './signature.js'

/** What the claims step needs to know. */
export type ClaimsRules = Pick<
  Rules,
  'clockToleranceSeconds' | 'maxTokenAgeSeconds' | 'maxTokenLifetimeSeconds' | 'runtime'
>

/**
 * Checks the claims of a token whose signature held: kind of token, time, audience, and what the issuer must say.
 * No option turns one of these off.
 *
 * @throws AuthenticationError `ERR_TOKEN_TYPE`, `ERR_TOKEN_CLAIM_MISSING`, `ERR_TOKEN_CLAIM_TYPE`, `ERR_TOKEN_CLAIM_VALUE`,
 *   `ERR_TOKEN_EXPIRED`, `ERR_TOKEN_NOT_YET_VALID`, `ERR_TOKEN_ISSUED_IN_FUTURE`, `ERR_TOKEN_TOO_OLD`,
 *   `ERR_TOKEN_LIFETIME`, `ERR_TOKEN_AUDIENCE`
 *
 * Not checked: revocation, possession of a key, and what the principal may do.
 * @see RFC 7519 section 4.1, RFC 9068 section 4, RFC 8725 sections 3.8 to 3.12
 */
export function checkClaims(verified: Verified, issuer: TrustedIssuer, rules: ClaimsRules): void {
  const { payload } = verified
  checkProfile(verified, issuer)
  checkTime(payload, rules)
  checkAudience(payload, issuer)
  checkRegisteredTypes(payload)
  for (const rule of issuer.requiredClaims) checkClaimRule(payload, rule)
}

/** Registered claims that mapping reads later: of the wrong type they are a refusal, never an absence. */
export function checkRegisteredTypes(payload: Payload): void {
  readText(payload, 'sub')
  readText(payload, 'jti')
  readText(payload, 'client_id')
  readText(payload, 'azp')
  readTextList(payload, 'scope')
}

/** Times in seconds since the epoch. Also asked of a cached verdict, on each hit. */
export function checkTime(payload: Payload, rules: ClaimsRules): void {
  const now = rules.runtime.now() / 1_000
  const tolerance = rules.clockToleranceSeconds
  const expires = readDate(payload, 'exp')
  const notBefore = readDate(payload, 'nbf')
  const issued = readDate(payload, 'iat')
  if (expires === undefined) throw missing('exp')
  // Written so that a clock that gives no number lets nothing live for ever.
  if (!(now < expires + tolerance)) {
    // By how much: a token that is minutes old tells of a clock, and one of days of a client.
    const secondsAgo = Math.round(now - expires)
    throw new AuthenticationError('ERR_TOKEN_EXPIRED', { detail: { claim: 'exp', secondsAgo } })
  }
  if (notBefore !== undefined && now < notBefore - tolerance) {
    const secondsAhead = Math.round(notBefore - now)
    throw new AuthenticationError('ERR_TOKEN_NOT_YET_VALID', { detail: { claim: 'nbf', secondsAhead } })
  }
  const { maxTokenAgeSeconds, maxTokenLifetimeSeconds } = rules
  if (issued === undefined) {
    if (maxTokenAgeSeconds !== undefined || maxTokenLifetimeSeconds !== undefined) throw missing('iat')
    return
  }
  if (now < issued - tolerance) {
    const secondsAhead = Math.round(issued - now)
    throw new AuthenticationError('ERR_TOKEN_ISSUED_IN_FUTURE', { detail: { claim: 'iat', secondsAhead } })
  }
  if (maxTokenAgeSeconds !== undefined && now >= issued + maxTokenAgeSeconds + tolerance) {
    throw new AuthenticationError('ERR_TOKEN_TOO_OLD', { detail: { claim: 'iat', maxTokenAgeSeconds } })
  }
  if (maxTokenLifetimeSeconds !== undefined && expires - issued > maxTokenLifetimeSeconds) {
    throw new AuthenticationError('ERR_TOKEN_LIFETIME', { detail: { claim: 'exp', maxTokenLifetimeSeconds } })
  }
}
