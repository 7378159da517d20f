import { AuthenticationError, CountersignError, UpstreamError } from '../errors.js'
import type { RevocationQuery, RevocationStore } from '../ports.js'
import type { Rules } from '../rules.js'
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
  rules: Pick<Rules, 'clockToleranceSeconds'>,
): Maybe<void> {
  return store === undefined ? undefined : askStore(toQuery(verified, issuer, rules), store)
}

/** By the issuer's clock, which may be ahead of the one that says when a subject was revoked. */
function toQuery(
  { payload }: Verified,
  { issuer }: TrustedIssuer,
  { clockToleranceSeconds }: Pick<Rules, 'clockToleranceSeconds'>,
): RevocationQuery {
  const issuedAtSeconds = readDate(payload, 'iat')
  return {
    issuer,
    subject: readText(payload, 'sub'),
    tokenId: readText(payload, 'jti'),
    sessionId: readText(payload, 'sid'),
    issuedAtSeconds: issuedAtSeconds === undefined ? undefined : issuedAtSeconds - clockToleranceSeconds,
  }
}

async function askStore(token: RevocationQuery, store: RevocationStore): Promise<void> {
  let revoked: unknown
  try {
    revoked = store.isRevoked(token)
    if (typeof revoked !== 'boolean') revoked = await withDeadline(Promise.resolve(revoked), 'ERR_STATUS_UNAVAILABLE')
  } catch (error) {
    throw error instanceof CountersignError
      ? error
      : new UpstreamError('ERR_STATUS_UNAVAILABLE', { cause: error, traced: true })
  }
  if (revoked !== false) throw new AuthenticationError('ERR_TOKEN_REVOKED')
}
