import { createHash } from 'node:crypto'
import { TokenError } from '../errors.js'
import type { Target } from '../policy/targets.js'
import type { ServiceContext } from '../service-context.js'
import type { Identity, VerifiedParty } from '../subject/party.js'

/** What a token calls its subject. */
export interface SubjectName {
  readonly sub: string
  /** RFC 9493 section 3.2.3: who that was, where this service has given them another issuer. */
  readonly subId: { readonly format: 'iss_sub'; readonly iss: string; readonly sub: string } | undefined
}

/**
 * Names the subject for a target. Always made from who they are in the first place, so that they are called the same however
 * many exchanges lie between.
 *
 * @throws TokenError `ERR_STS_POLICY_DENIED` where a target takes names as they come, and this one comes from another issuer
 *   than the policy lets reach it, or is the service's own
 */
export function toSubjectName(
  { origin }: VerifiedParty,
  target: Target,
  { issuer, policy }: Pick<ServiceContext, 'issuer' | 'policy'>,
): SubjectName {
  // A token from before the configuration changed may speak of an issuer that no rule knows any more.
  if (target.subject === 'same' && policy.soleIssuers.get(target.name) !== origin.issuer)
    throw new TokenError('ERR_STS_POLICY_DENIED', { detail: { claim: 'sub' } })
  const isOwn = origin.issuer === issuer
  const sub = isOwn || target.subject === 'same' ? origin.subject : toPairwiseSubject(origin)
  // A grant in which issuer and subject are one is, elsewhere, the assertion by which this service authenticates as a client.
  if (sub === issuer) throw new TokenError('ERR_STS_POLICY_DENIED', { detail: { claim: 'sub' } })
  if (isOwn) return { sub, subId: undefined }
  return {
    sub,
    subId: { format: 'iss_sub', iss: origin.issuer, sub: origin.subject },
  }
}

/**
 * base64url(SHA-256(lp(iss) ‖ lp(sub))), where lp puts the length in bytes before a text, 4 bytes, big-endian: no two pairs read
 * alike, whatever stands in them.
 */
export function toPairwiseSubject({ issuer, subject }: Identity): string {
  const digest = createHash('sha256')
  for (const part of [issuer, subject]) {
    const bytes = Buffer.from(part)
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    digest.update(length).update(bytes)
  }
  return digest.digest('base64url')
}
