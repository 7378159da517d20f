import { AuthenticationError } from '@countersign/core'
import type { AuditTokenRef, Principal } from '@countersign/core'
import { countCutScopes, findClaim, readText } from '@countersign/core/server'
import { readMayAct, toActorIdentities } from '../delegation/actor-claims.js'
import type { SubjectRecord } from '../policy/trust.js'
import { toMappedClaims } from './mapped-claims.js'
import { toVerifiedParty } from './party.js'
import type { VerifiedParty } from './party.js'
import { checkStanding, toTokenNames } from './standing.js'
import type { StandingRules } from './standing.js'
import { readTransactionId, toTokenRef } from './token-ref.js'

/** What a principal is taken for. */
interface Taking {
  readonly record: SubjectRecord
  /** The URN. */
  readonly tokenType: string
  readonly fingerprint: string
  /** Where no mapping has read all that the issuer may say. Default false. */
  readonly partialClaims?: boolean | undefined
}

/**
 * Makes a party of what a verifier found in a token of another issuer. Its `acr` and `amr` are words of another language: what
 * the trust record does not translate is not passed on.
 *
 * @throws AuthenticationError `ERR_TOKEN_CLAIM_TYPE`, `ERR_TOKEN_CLAIM_MISSING` for delegation claims that cannot be read,
 *   `ERR_TOKEN_CLAIM_VALUE` for an issuer that speaks of itself, `ERR_TOKEN_REVOKED`
 * @throws UpstreamError `ERR_STATUS_UNAVAILABLE`
 */
export async function toPrincipalParty(
  principal: Principal<unknown>,
  { record, tokenType, fingerprint, partialClaims = false }: Taking,
  standing: StandingRules,
): Promise<VerifiedParty> {
  const { issuer, subject, actor, actorHistory, payload, header, confirmation, expiresAtSeconds } = principal
  // With it the issuer authenticates as a client: one token must not serve as assertion and as grant (RFC 7523 section 3).
  if (subject === issuer || findClaim(payload, 'sub') === issuer)
    throw new AuthenticationError('ERR_TOKEN_CLAIM_VALUE', { detail: { claim: 'sub' } })
  await checkStanding(toTokenNames(principal), standing)
  const acr = principal.acr === undefined ? undefined : record.acr.get(principal.acr)
  const identity = Object.freeze({ issuer, subject })
  const token: AuditTokenRef = toTokenRef(fingerprint, { issuer, header, payload, confirmation, expiresAtSeconds })
  return toVerifiedParty({
    tokenType,
    identity,
    origin: identity,
    own: false,
    clientId: undefined,
    audience: principal.audience,
    scopes: principal.scopes,
    // A token that has some has said what it is for, whatever of that its issuer may say.
    subjectScopes: principal.scopes.length + countCutScopes(principal) === 0 ? record.subjectScopes : 'from-token',
    actors: toActorIdentities(actor === undefined ? [] : [actor, ...actorHistory], issuer),
    mayAct: readMayAct(payload, issuer),
    authenticatedAtSeconds: principal.authenticatedAtSeconds,
    acr,
    amr: principal.amr.flatMap((theirs) => record.amr.get(theirs) ?? []),
    sessionId: readText(payload, 'sid'),
    transactionId: readTransactionId(payload),
    expiresAtSeconds,
    confirmation,
    claims: toMappedClaims(principal, acr),
    partialClaims,
    token,
  })
}
