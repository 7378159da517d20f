import { AuthenticationError } from '../errors.js'
import { findNearMiss } from '../issuers/near-miss.js'
import type { TrustedIssuer } from '../issuers/trusted-issuer.js'
import { readText, readTextList } from './claim-types.js'
import type { Payload } from './claim-types.js'
import { checkClaimRule } from './required-claims.js'

/**
 * Checks that the token is meant for this API: by `aud`, or by the claim that stands in for it, or for ID tokens by the
 * client they were issued to, and by that claim as well.
 *
 * @throws AuthenticationError `ERR_TOKEN_AUDIENCE`, `ERR_TOKEN_CLAIM_TYPE`
 * @see RFC 7519 section 4.1.3, RFC 9068 section 4, OpenID Connect Core section 3.1.3.7
 */
export function checkAudience(payload: Payload, issuer: TrustedIssuer): void {
  const named = readTextList(payload, 'aud')
  const { values, match, claim } = issuer.audience
  if (claim !== undefined) checkClaimRule(payload, claim, 'ERR_TOKEN_AUDIENCE')
  if (issuer.tokenProfile === 'id-token') return checkClient(payload, named, issuer)
  if (claim !== undefined && named === undefined) return
  if (named === undefined || !isMeantForUs(named, values, match)) throw foreignAudience('aud', values, named)
}

function isMeantForUs(named: readonly string[], ours: readonly string[], match: 'any' | 'exact'): boolean {
  if (match === 'any') return named.some((value) => ours.includes(value))
  return named.length > 0 && named.every((value) => ours.includes(value))
}

function checkClient(payload: Payload, named: readonly string[] | undefined, issuer: TrustedIssuer): void {
  const { clientIds, audience } = issuer
  if (named === undefined || !isMeantForUs(named, clientIds, audience.match)) throw foreignAudience('aud', clientIds)
  const party = readText(payload, 'azp')
  if (party !== undefined && !clientIds.includes(party)) throw foreignAudience('azp', clientIds)
}

function foreignAudience(claim: string, wants: readonly string[], named: readonly string[] = []): AuthenticationError {
  return new AuthenticationError('ERR_TOKEN_AUDIENCE', { detail: { claim, wants, ...findNearMiss(named, wants) } })
}
