import { AuthenticationError } from '../errors.js'
import type { IssuerSource } from '../ports.js'
import type { TrustedIssuer } from '../rules.js'
import type { Decoded } from './decode.js'

/** Longest `iss` that is looked up at all. */
const MAX_ISSUER_LENGTH = 2_048

/**
 * Finds the issuer that the token claims, among those that are trusted. The claim only routes: the issuer's own keys
 * must then have signed it. Compared exactly, code point by code point (RFC 7519 section 4.1.1).
 *
 * @throws AuthenticationError `ERR_TOKEN_ISSUER`, `ERR_ISSUER_UNTRUSTED`, before anything is fetched
 */
export async function findIssuer(decoded: Decoded, issuers: IssuerSource): Promise<TrustedIssuer> {
  const { iss } = decoded.unverified
  // An array that holds a trusted name is not that name (CVE-2025-30144).
  if (typeof iss !== 'string' || iss.length === 0) throw new AuthenticationError('ERR_TOKEN_ISSUER', { detail: { claim: 'iss' } })
  const issuer = iss.length > MAX_ISSUER_LENGTH ? undefined : await issuers.find(iss)
  if (issuer === undefined) throw new AuthenticationError('ERR_ISSUER_UNTRUSTED', { detail: { claim: 'iss' } })
  return issuer
}
