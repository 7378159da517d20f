import { AuthenticationError } from '../errors.js'
import type { Issuers } from '../issuers/issuers.js'
import type { TrustedIssuer } from '../issuers/trusted-issuer.js'
import { isPending } from '../maybe.js'
import type { Maybe } from '../maybe.js'
import type { Decoded } from './decode.js'

/** Longest `iss` that is looked up at all. */
const MAX_ISSUER_LENGTH = 2_048

/**
 * Finds the issuer that the token claims, among those that are trusted. The claim only routes: the issuer's own keys
 * must then have signed it. Compared exactly, code point by code point (RFC 7519 section 4.1.1).
 *
 * @throws AuthenticationError `ERR_TOKEN_ISSUER`, `ERR_ISSUER_UNTRUSTED`, before anything is fetched
 */
export function findIssuer(decoded: Decoded, issuers: Issuers): Maybe<TrustedIssuer> {
  const { iss } = decoded.unverified
  // An array that holds a trusted name is not that name (CVE-2025-30144).
  if (typeof iss !== 'string' || iss.length === 0)
    throw new AuthenticationError('ERR_TOKEN_ISSUER', { detail: { claim: 'iss' } })
  if (iss.length > MAX_ISSUER_LENGTH)
    throw new AuthenticationError('ERR_ISSUER_UNTRUSTED', { detail: { claim: 'iss' } })
  const found = issuers.find(iss)
  if (isPending(found)) return Promise.resolve(found).then((issuer) => issuer ?? refuse(iss, issuers))
  return found ?? refuse(iss, issuers)
}

function refuse(iss: string, issuers: Issuers): never {
  const nearly = issuers.nearMisses.find(iss)
  throw new AuthenticationError('ERR_ISSUER_UNTRUSTED', { detail: { claim: 'iss', ...nearly } })
}
