import { AuthenticationError, Principal } from '@countersign/core'
import type { Claims } from '@countersign/core'
import {
  checkTime,
  decodeJws,
  findClaim,
  readActors,
  readDate,
  readText,
  readTextList,
  verifySignature,
} from '@countersign/core/server'
import type { ResolvedClient } from '../clients/client.js'
import type { ServiceContext } from '../service-context.js'
import { foreignAudience } from '../subject/audience.js'
import { readConfirmation } from '../subject/confirmation.js'
import { toPrincipalParty } from '../subject/principal-party.js'
import { readSingleUse } from '../subject/single-use.js'
import type { VerifiedAssertion } from '../subject/verify-assertion.js'
import { ID_JAG_TYPE } from '../tokens/forms.js'
import { TOKEN_LIMITS } from '../tokens/limits.js'

/** Whether a token says of itself that it is an identity assertion grant. @throws AuthenticationError `ERR_TOKEN_*` */
export function isIdJag(token: string): boolean {
  return decodeJws(token, TOKEN_LIMITS).header.type === 'oauth-id-jag+jwt'
}

/**
 * Verifies an identity assertion grant: of an issuer that is listed for them, for this service alone, for the very client that
 * presents it.
 *
 * @throws AuthenticationError `ERR_TOKEN_*`, `ERR_KEY_*`, `ERR_ISSUER_UNTRUSTED`
 * @throws UpstreamError where that cannot be known
 *
 * Not checked: whether it was used before, and what the verifier's entry for the issuer asks beyond that: `requiredClaims`, `grants`.
 * @see draft-ietf-oauth-identity-assertion-authz-grant-03 section 4.4.1
 */
export async function verifyIdJag(
  token: string,
  fingerprint: string,
  client: ResolvedClient,
  service: ServiceContext,
): Promise<VerifiedAssertion> {
  const decoded = decodeJws(token, TOKEN_LIMITS)
  const named = findClaim(decoded.unverified, 'iss')
  const issuer = typeof named === 'string' ? named : ''
  const keys = service.experimental.idJagIssuers.get(issuer)
  const record = service.trust.findSubject(issuer)
  if (keys === undefined || record === undefined) throw new AuthenticationError('ERR_ISSUER_UNTRUSTED')
  const { header } = decoded
  const { payload } = verifySignature(decoded, await keys.find({ kid: header.kid, algorithm: header.algorithm.name }))
  checkTime(payload, { ...service, maxTokenAgeSeconds: undefined, maxTokenLifetimeSeconds: undefined })
  const principal = toPrincipal(token, issuer, header.members, payload)
  const { audience, clientId, expiresAtSeconds } = principal
  if (audience.length !== 1 || audience[0] !== service.issuer) throw foreignAudience([service.issuer])
  // Whoever else holds it was given it by mistake, or took it.
  if (clientId !== client.clientId) throw refuse('ERR_TOKEN_CLAIM_VALUE', 'client_id')
  // It narrows what the grant is for, in a language that nothing here reads: RFC 9396.
  if (findClaim(payload, 'authorization_details') !== undefined)
    throw refuse('ERR_TOKEN_CLAIM_VALUE', 'authorization_details')
  // A rule that denies by roles must not be lost because nobody has read them.
  const taking = { record, tokenType: ID_JAG_TYPE, fingerprint, partialClaims: true }
  const party = await toPrincipalParty(principal, taking, service.foreignStanding)
  const resources = readTextList(payload, 'resource')
  return { party, resources, ...readSingleUse(payload, expiresAtSeconds, service.runtime.now()) }
}

/** The standard claims alone: no mapping and no grants have said what its issuer may say of roles, groups and tenants. */
function toPrincipal(token: string, issuer: string, header: Claims, payload: Claims): Principal<Claims> {
  const subject = readText(payload, 'sub')
  if (subject === undefined) throw refuse('ERR_TOKEN_CLAIM_MISSING', 'sub')
  const [actor, ...actorHistory] = readActors(payload)
  const verdict = Object.freeze({
    issuer,
    subject,
    clientId: readText(payload, 'client_id'),
    audience: readTextList(payload, 'aud') ?? [],
    scopes: (readText(payload, 'scope') ?? '').split(' ').filter(Boolean),
    roles: [],
    permissions: [],
    groups: [],
    tenant: undefined,
    actor,
    actorHistory,
    authenticatedAtSeconds: readDate(payload, 'auth_time'),
    acr: readText(payload, 'acr'),
    amr: readTextList(payload, 'amr') ?? [],
    expiresAtSeconds: readDate(payload, 'exp') ?? 0,
    claims: payload,
    attributes: {},
    confirmation: readConfirmation(payload),
    header,
    payload,
  })
  return new Principal<Claims>(verdict, token, 'Bearer')
}

function refuse(reason: 'ERR_TOKEN_CLAIM_MISSING' | 'ERR_TOKEN_CLAIM_VALUE', claim: string): AuthenticationError {
  return new AuthenticationError(reason, { detail: { claim } })
}
