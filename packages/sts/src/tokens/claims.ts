import type { Authorization } from '../authorization.js'
import type { ActorIdentity } from '../subject/party.js'

/** What only the moment of issue knows. */
export interface IssueFacts {
  /** The service's own name. */
  readonly issuer: string
  readonly tokenId: string
  readonly transactionId: string
}

/** Claims of a token; absent ones are left out when it is written. */
export type TokenClaims = Readonly<Record<string, unknown>>

/**
 * Writes the claims of a token: those that the service itself vouches for, and of the mapped claims those that the target lists.
 * Nothing else of the subject's token gets through.
 *
 * @see RFC 9068 section 2.2, RFC 8693 section 4
 */
export function toTokenClaims(
  authorization: Authorization,
  { issuer, tokenId, transactionId }: IssueFacts,
): TokenClaims {
  const { subject, name, target, delegation, scopes, binding, lifetime, clientId } = authorization
  const mapped = target.claims.filter((claim) => Object.hasOwn(subject.claims, claim))
  return {
    ...Object.fromEntries(mapped.map((claim) => [claim, subject.claims[claim]])),
    iss: issuer,
    sub: name.sub,
    aud: target.audience,
    exp: lifetime.expiresAtSeconds,
    iat: lifetime.issuedAtSeconds,
    jti: tokenId,
    client_id: clientId,
    scope: scopes.granted.join(' '),
    act: toAct(delegation.actors),
    // How the user signed in stays as it was, whatever is exchanged: RFC 9068 section 2.2.1.
    auth_time: subject.authenticatedAtSeconds,
    acr: subject.acr,
    amr: subject.amr.length === 0 ? undefined : subject.amr,
    cnf: binding.confirmation,
    sid: subject.sessionId,
    sub_id: name.subId,
    txn: transactionId,
    ...authorization.profileClaims,
  }
}

/** The current actor outermost, those before it within. Names alone: anything else means nothing in there. RFC 8693 section 4.1. */
function toAct(actors: readonly ActorIdentity[]): object | undefined {
  return actors.reduceRight<object | undefined>(
    (act, { issuer, subject, clientId }) => ({ iss: issuer, sub: subject, client_id: clientId, act }),
    undefined,
  )
}
