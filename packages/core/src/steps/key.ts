import { AuthenticationError } from '../errors.js'
import type { VerificationKey } from '../ports.js'
import type { TrustedIssuer } from '../issuers/trusted-issuer.js'
import type { Decoded } from './decode.js'
import { after } from '../maybe.js'
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
  return after(issuer.keys.find({ kid, algorithm: algorithm.name }), (found) => toOwn(found, issuer))
}

/**
 * The keys that are this issuer's. Several issuers may be given one set, in which a key says which of them it signs for, as Microsoft's do:
 * the key of one would else vouch for the others. A key that says nothing is good for all, and so is one with `{…}` in the name.
 */
function toOwn(
  found: readonly VerificationKey[],
  { issuer, acceptedIssuers }: TrustedIssuer,
): readonly VerificationKey[] {
  const isOwn = ({ issuer: limit }: VerificationKey): boolean =>
    limit === undefined || acceptedIssuers.includes(limit) || limit.includes('{')
  if (found.every(isOwn)) return found
  const own = found.filter(isOwn)
  if (own.length > 0) return own
  throw new AuthenticationError('ERR_KEY_NOT_FOUND', { detail: { issuer, wants: 'a key that is for this issuer' } })
}
