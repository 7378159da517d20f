import { AuthenticationError } from '../errors.js'
import type { VerificationKey } from '../ports.js'
import type { TrustedIssuer } from '../issuers/trusted-issuer.js'
import type { Decoded } from './decode.js'
import type { Maybe } from '../maybe.js'

/**
 * Finds the keys that may have signed the token, in its issuer's own set and nowhere else. The algorithm must be one that
 * the issuer is trusted with. Usually one key; without a `kid` the few that fit.
 *
 * @throws AuthenticationError `ERR_TOKEN_ALGORITHM`, `ERR_KEY_NOT_FOUND`, `ERR_KEY_AMBIGUOUS`, `ERR_KEY_MISMATCH`
 * @throws UpstreamError where the set cannot be had
 * @see RFC 7515 section 4.1.4, RFC 8725 sections 3.1 and 3.10
 */
export function findKeys(decoded: Decoded, issuer: TrustedIssuer): Maybe<readonly VerificationKey[]> {
  const { algorithm, kid } = decoded.header
  if (!issuer.algorithms.has(algorithm.name)) {
    throw new AuthenticationError('ERR_TOKEN_ALGORITHM', { detail: { member: 'alg', issuer: issuer.issuer } })
  }
  return issuer.keys.find({ kid, algorithm: algorithm.name })
}
