import type { Verdict } from '../principal.js'
import type { TrustedIssuer } from '../issuers/trusted-issuer.js'
import { findClaim, missing, readDate, readText, readTextList, wrongType } from '../steps/claim-types.js'
import type { Verified } from '../steps/signature.js'
import { readActors } from './actor.js'
import { applyGrants } from './grants.js'

const NOTHING: readonly never[] = Object.freeze([])

/** A verdict without the schema's part. */
export type MappedVerdict = Omit<Verdict, 'claims'>

/**
 * Maps a verified payload onto what a principal shows, within what its issuer may say.
 *
 * Registered claims of the wrong type were refused before; a mapped claim of the wrong type is absent, and a refusal
 * where the target is required.
 *
 * @throws AuthenticationError `ERR_TOKEN_CLAIM_MISSING` without a subject, `ERR_TOKEN_CLAIM_TYPE`, `ERR_TOKEN_MAPPING`, `ERR_TOKEN_TENANT`
 */
export function toMappedVerdict(verified: Verified, issuer: TrustedIssuer): MappedVerdict {
  const { payload, header } = verified
  const found = issuer.map(payload)
  if (found.subject === undefined) throw missing('sub')
  // A tenant is never what an unlisted issuer says it is: only its entry, or the variable that its own name matched.
  const { mapped, cut } = applyGrants(found, issuer.grants, issuer.listed ? found.tenant : issuer.tenant)
  const [actor, ...actorHistory] = readActors(payload)
  const confirmation = findClaim(payload, 'cnf')
  if (confirmation !== undefined && (typeof confirmation !== 'object' || confirmation === null)) throw wrongType('cnf')
  return {
    issuer: issuer.issuer,
    subject: found.subject,
    clientId: mapped.clientId,
    audience: Object.freeze(readTextList(payload, 'aud') ?? NOTHING),
    scopes: mapped.scopes,
    roles: mapped.roles,
    permissions: mapped.permissions,
    groups: mapped.groups,
    tenant: mapped.tenant,
    actor,
    actorHistory: Object.freeze(actorHistory),
    authenticatedAtSeconds: readDate(payload, 'auth_time'),
    acr: readText(payload, 'acr'),
    amr: Object.freeze(readTextList(payload, 'amr') ?? NOTHING),
    expiresAtSeconds: readDate(payload, 'exp') ?? 0,
    attributes: mapped.attributes,
    confirmation: confirmation as Readonly<Record<string, unknown>> | undefined,
    header: header.members,
    payload,
    cut,
  }
}
