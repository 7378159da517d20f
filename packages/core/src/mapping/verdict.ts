import type { Verdict } from '../principal.js'
import type { TrustedIssuer } from '../issuers/trusted-issuer.js'
import { findClaim, missing, readDate, readText, readTextList } from '../steps/claim-types.js'
import type { Payload } from '../steps/claim-types.js'
import type { Verified } from '../steps/signature.js'
import { readActors } from './actor.js'
import { applyGrants } from './grants.js'
import { toListReader } from './list-memory.js'

const NOTHING: readonly never[] = Object.freeze([])
const toList = toListReader(undefined)

/** A verdict that still lacks the schema's part. */
export type DraftVerdict = { -readonly [K in keyof Verdict]: Verdict[K] }

/**
 * Maps a verified payload onto what a principal shows, within what its issuer may say. `claims` is the payload for now.
 *
 * Registered claims of the wrong type were refused before; a mapped claim of the wrong type is absent, and a refusal
 * where the target is required.
 *
 * @throws AuthenticationError `ERR_TOKEN_CLAIM_MISSING` without a subject, `ERR_TOKEN_CLAIM_TYPE`, `ERR_TOKEN_MAPPING`, `ERR_TOKEN_TENANT`
 */
export function toDraftVerdict({ payload, header }: Verified, issuer: TrustedIssuer): DraftVerdict {
  const found = issuer.map(payload)
  if (found.subject === undefined) throw missing('sub')
  // A tenant is never what an unlisted issuer says it is: only its entry, or the variable that its own name matched.
  const tenant = issuer.listed ? found.tenant : issuer.tenant
  const { mapped, cut } = applyGrants(found, issuer.grants, tenant)
  const actors = readActors(payload)
  return {
    issuer: issuer.issuer,
    subject: found.subject,
    clientId: mapped.clientId,
    audience: readList(payload, 'aud'),
    scopes: mapped.scopes,
    roles: mapped.roles,
    permissions: mapped.permissions,
    groups: mapped.groups,
    tenant,
    actor: actors[0],
    actorHistory: actors.length > 1 ? Object.freeze(actors.slice(1)) : NOTHING,
    authenticatedAtSeconds: readDate(payload, 'auth_time'),
    acr: readText(payload, 'acr'),
    amr: readList(payload, 'amr'),
    expiresAtSeconds: readDate(payload, 'exp') ?? 0,
    claims: payload,
    attributes: mapped.attributes,
    // The binding step has seen that it is an object.
    confirmation: findClaim(payload, 'cnf') as Readonly<Record<string, unknown>> | undefined,
    header: header.members,
    payload,
    cut,
  }
}

function readList(payload: Payload, claim: string): readonly string[] {
  const value = findClaim(payload, claim)
  return typeof value === 'string' ? toList(value) : Object.freeze(readTextList(payload, claim) ?? NOTHING)
}
