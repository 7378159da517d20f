import { AuthenticationError, TOKEN_TYPES } from '@countersign/core'
import type { Principal } from '@countersign/core'
import { decodeJws, findClaim, readActors, readDate, readText, readTextList } from '@countersign/core/server'
import type { ResolvedClient } from '../clients/client.js'
import { readMayAct, toActorIdentities } from '../delegation/actor-claims.js'
import { TokenError } from '../errors.js'
import type { SubjectRecord } from '../policy/trust.js'
import type { ServiceContext } from '../service-context.js'
import { checkForeignAudience, checkIdTokenAudience, checkOwnAudience } from './audience.js'
import { readConfirmation } from './confirmation.js'
import { verifyOwnToken } from './own-token.js'
import { toVerifiedParty } from './party.js'
import type { VerifiedParty } from './party.js'
import { toPrincipalParty } from './principal-party.js'
import { readTransactionId, toTokenRef } from './token-ref.js'
import { JWT_TYPES } from './token-types.js'

/** A token that a request presents, as a subject or as an actor. */
export interface PresentedToken {
  readonly token: string
  /** The URN that the request calls it by. */
  readonly tokenType: string
  /** By the audit recorder. */
  readonly fingerprint: string
}

/** Bounds on a text of which nothing but the issuer is looked at yet. */
const LIMITS = { tokenBytes: 65_536, headerBytes: 16_384, jsonDepth: 64, jsonMembers: 4_096 }

/**
 * Verifies a token that a client presents: by whom it says it is from, not by what the request calls it; the two must then agree.
 *
 * @throws TokenError `ERR_STS_TOKEN_TYPE` for a type that nothing here verifies
 * @throws AuthenticationError `ERR_TOKEN_*`, `ERR_KEY_*`, `ERR_ISSUER_UNTRUSTED`
 * @throws UpstreamError where that cannot be known
 *
 * Not checked: possession of the key that the token is bound to, delegation, and what the policy says.
 * @see RFC 8693 section 2.1
 */
export async function verifyParty(
  presented: PresentedToken,
  client: ResolvedClient,
  service: ServiceContext,
): Promise<VerifiedParty> {
  const { token, tokenType } = presented
  if (!JWT_TYPES.has(tokenType)) return verifyOther(presented, client, service)
  const issuer = findClaim(decodeJws(token, LIMITS).unverified, 'iss')
  return issuer === service.issuer ? verifyOwn(presented, client, service) : verifyForeign(presented, client, service)
}

async function verifyOwn(
  { token, tokenType, fingerprint }: PresentedToken,
  client: ResolvedClient,
  service: ServiceContext,
): Promise<VerifiedParty> {
  if (tokenType !== TOKEN_TYPES.accessToken) throw wrongType()
  const own = await verifyOwnToken(token, service)
  checkOwnAudience(own, client)
  const { header, payload, identity, origin, expiresAtSeconds } = own
  const { issuer } = service
  const confirmation = readConfirmation(payload)
  return toVerifiedParty({
    tokenType,
    identity,
    origin,
    own: true,
    clientId: own.clientId,
    audience: own.audience,
    scopes: own.scopes,
    subjectScopes: 'from-token',
    actors: toActorIdentities(readActors(payload), issuer),
    mayAct: readMayAct(payload, issuer),
    authenticatedAtSeconds: readDate(payload, 'auth_time'),
    acr: readText(payload, 'acr'),
    amr: readTextList(payload, 'amr') ?? [],
    sessionId: readText(payload, 'sid'),
    transactionId: readTransactionId(payload),
    expiresAtSeconds,
    confirmation,
    claims: payload,
    // Those that its target lists.
    partialClaims: true,
    token: toTokenRef(fingerprint, { issuer, header: header.members, payload, confirmation, expiresAtSeconds }),
  })
}

async function verifyForeign(
  { token, tokenType, fingerprint }: PresentedToken,
  client: ResolvedClient,
  service: ServiceContext,
): Promise<VerifiedParty> {
  if (service.verifier === undefined) throw new AuthenticationError('ERR_ISSUER_UNTRUSTED')
  // Whether the key was proven is judged with everything else that the token may be used for: `decideBinding`.
  const principal = await service.verifier.verify(token, { dangerouslySkipBinding: true })
  const record = requireRecord(principal, service)
  if (!record.tokenTypes.has(tokenType)) throw wrongType()
  if (tokenType === TOKEN_TYPES.idToken) {
    checkIdTokenAudience(principal.audience, findClaim(principal.payload, 'azp'), client)
  } else {
    checkForeignAudience(principal.audience, record, client, service)
  }
  return toPrincipalParty(principal, { record, tokenType, fingerprint }, service.foreignStanding)
}

/** What it checks about its tokens is its own affair: audience and single use too. Whom they speak for is ours. */
async function verifyOther(
  { token, tokenType, fingerprint }: PresentedToken,
  { clientId }: ResolvedClient,
  service: ServiceContext,
): Promise<VerifiedParty> {
  const verifier = service.subjectTokenVerifiers.get(tokenType)
  if (verifier === undefined) throw new TokenError('ERR_STS_TOKEN_TYPE')
  const principal = await verifier.verify(token, { tokenType, clientId })
  const record = requireRecord(principal, service)
  return toPrincipalParty(principal, { record, tokenType, fingerprint }, service.foreignStanding)
}

/** An issuer whose tokens authenticate clients has no such record: its tokens must not be grants as well. */
function requireRecord({ issuer }: Principal<unknown>, { trust }: ServiceContext): SubjectRecord {
  const record = trust.findSubject(issuer)
  if (record === undefined) throw new AuthenticationError('ERR_ISSUER_UNTRUSTED')
  return record
}

function wrongType(): AuthenticationError {
  return new AuthenticationError('ERR_TOKEN_TYPE', { detail: { parameter: 'token type' } })
}
