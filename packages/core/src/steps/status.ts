import { AuthenticationError, CountersignError, UpstreamError } from '../errors.js'
import type { RevocationStore } from '../ports.js'
import type { TrustedIssuer } from '../issuers/trusted-issuer.js'
import { readDate, readText } from './claim-types.js'
import type { Verified } from './signature.js'

/** How long a store may take. A store that is shared over a network should give up sooner by itself. */
const DEADLINE_MS = 1_000

/**
 * Checks that the token, its session and its subject were not revoked. Asked on every request, for cached verdicts too.
 *
 * @throws AuthenticationError `ERR_TOKEN_REVOKED`
 * @throws UpstreamError `ERR_STATUS_UNAVAILABLE` where the store does not say: not knowing is not permission, and no 401
 */
export async function checkStatus(
  { payload }: Verified,
  { issuer }: TrustedIssuer,
  store: RevocationStore | undefined,
): Promise<void> {
  if (store === undefined) return
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
    if (typeof revoked !== 'boolean') revoked = await withDeadline(Promise.resolve(revoked))
  } catch (error) {
    throw error instanceof CountersignError ? error : new UpstreamError('ERR_STATUS_UNAVAILABLE', { cause: error })
  }
  if (revoked !== false) throw new AuthenticationError('ERR_TOKEN_REVOKED')
}

async function withDeadline<T>(pending: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new UpstreamError('ERR_STATUS_UNAVAILABLE')), DEADLINE_MS)
    timer.unref()
  })
  try {
    return await Promise.race([pending, late])
  } finally {
    clearTimeout(timer)
  }
}
