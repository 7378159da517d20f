import { AuthenticationError, CountersignError, UpstreamError } from '../errors.js'
import type { RevocationStore } from '../ports.js'
import type { TrustedIssuer } from '../issuers/trusted-issuer.js'
import { readDate, readText } from './claim-types.js'
import { withDeadline } from './deadline.js'
import type { Verified } from './signature.js'
import type { Maybe } from '../maybe.js'

/**
 * Checks that the token, its session and its subject were not revoked. Asked on every request, for cached verdicts too.
 *
 * @throws AuthenticationError `ERR_TOKEN_REVOKED`
 * @throws UpstreamError `ERR_STATUS_UNAVAILABLE` where the store does not say: not knowing is not permission, and no 401
 */
export function checkStatus(
  verified: Verified,
  issuer: TrustedIssuer,
  store: RevocationStore | undefined,
): Maybe<void> {
  return store === undefined ? undefined : askStore(verified, issuer, store)
}

async function askStore({ payload }: Verified, { issuer }: TrustedIssuer, store: RevocationStore): Promise<void> {
  const token = {
    issuer,
    subject: readText(payload, 'sub'),
    tokenId: readText(payload, 'jti'),
    sessionId: readText(payload, 'sid'),
    issuedAtSeconds: readDate(payload, 'iat'),
  }
  let revoked: unknown
  try {
    revoked = store.isRevoked(token)
    if (typeof revoked !== 'boolean') revoked = await withDeadline(Promise.resolve(revoked), 'ERR_STATUS_UNAVAILABLE')
  } catch (error) {
    throw error instanceof CountersignError ? error : new UpstreamError('ERR_STATUS_UNAVAILABLE', { cause: error })
  }
  if (revoked !== false) throw new AuthenticationError('ERR_TOKEN_REVOKED')
}
