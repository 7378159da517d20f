import { AuthenticationError, CountersignError, UpstreamError } from '@countersign/core'
import type { Principal, RevocationQuery, RevocationStore } from '@countersign/core'
import { findClaim, readDate, readText, withDeadline } from '@countersign/core/server'

/**
 * Checks that nobody has revoked what a token stands for. Asked of every token that something is made from: what comes of it was
 * issued later, and no record of before would concern it.
 *
 * @throws AuthenticationError `ERR_TOKEN_REVOKED`
 * @throws UpstreamError `ERR_STATUS_UNAVAILABLE` where that cannot be known
 */
export async function checkStanding(
  queries: readonly RevocationQuery[],
  revocations: RevocationStore | undefined,
): Promise<void> {
  if (revocations === undefined) return
  for (const query of queries) {
    if (await isRevoked(query, revocations)) throw new AuthenticationError('ERR_TOKEN_REVOKED')
  }
}

/** What a token of another issuer can be revoked by: its subject by the `sub` claim, and by the name that the mapping gives. */
export function toRevocationQueries({ issuer, subject, payload }: Principal<unknown>): readonly RevocationQuery[] {
  const named = findClaim(payload, 'sub')
  const query = {
    issuer,
    subject,
    tokenId: readText(payload, 'jti'),
    sessionId: readText(payload, 'sid'),
    issuedAtSeconds: readDate(payload, 'iat'),
  }
  return typeof named === 'string' && named !== subject ? [query, { ...query, subject: named }] : [query]
}

async function isRevoked(query: RevocationQuery, store: RevocationStore): Promise<boolean> {
  try {
    // Anything but `false` is not knowing, and not knowing is no permission.
    return (await withDeadline(Promise.resolve(store.isRevoked(query)), 'ERR_STATUS_UNAVAILABLE')) !== false
  } catch (error) {
    throw error instanceof CountersignError ? error : new UpstreamError('ERR_STATUS_UNAVAILABLE', { cause: error })
  }
}
