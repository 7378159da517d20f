import { AuthenticationError, CountersignError, UpstreamError } from '@countersign/core'
import type { Principal, RevocationQuery, RevocationStore } from '@countersign/core'
import { findClaim, readDate, readText, withDeadline } from '@countersign/core/server'

/** Who is asked what was revoked, and how far ahead the clock by which a token was issued may be. */
export interface StandingRules {
  readonly revocations: RevocationStore | undefined
  readonly clockToleranceSeconds: number
}

/** What a token can be revoked by, with the time that its issuer says it was issued at. */
export interface TokenNames extends Omit<RevocationQuery, 'issuedAtSeconds'> {
  /** In seconds since the epoch. */
  readonly iat: number | undefined
}

/**
 * Checks that nobody has revoked what a token stands for. Asked of every token that something is made from, what comes of it being
 * issued later, so that no record of before would concern it; and of every token that authenticates a workload.
 *
 * @throws AuthenticationError `ERR_TOKEN_REVOKED`
 * @throws UpstreamError `ERR_STATUS_UNAVAILABLE` where that cannot be known
 */
export async function checkStanding(
  names: readonly TokenNames[],
  { revocations, clockToleranceSeconds }: StandingRules,
): Promise<void> {
  if (revocations === undefined) return
  for (const { iat, ...name } of names) {
    // By a clock that may be ahead of the one that says when a subject was revoked.
    const issuedAtSeconds = iat === undefined ? undefined : iat - clockToleranceSeconds
    if (await isRevoked({ ...name, issuedAtSeconds }, revocations)) throw new AuthenticationError('ERR_TOKEN_REVOKED')
  }
}

/** What a token of another issuer can be revoked by: its subject by the `sub` claim, and by the name that the mapping gives. */
export function toTokenNames({ issuer, subject, payload }: Principal<unknown>): readonly TokenNames[] {
  const named = findClaim(payload, 'sub')
  const names = {
    issuer,
    subject,
    tokenId: readText(payload, 'jti'),
    sessionId: readText(payload, 'sid'),
    iat: readDate(payload, 'iat'),
  }
  return typeof named === 'string' && named !== subject ? [names, { ...names, subject: named }] : [names]
}

async function isRevoked(query: RevocationQuery, store: RevocationStore): Promise<boolean> {
  try {
    // Anything but `false` is not knowing, and not knowing is no permission.
    return (await withDeadline(Promise.resolve(store.isRevoked(query)), 'ERR_STATUS_UNAVAILABLE')) !== false
  } catch (error) {
    throw error instanceof CountersignError
      ? error
      : new UpstreamError('ERR_STATUS_UNAVAILABLE', { cause: error, traced: true })
  }
}
