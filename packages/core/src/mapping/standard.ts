import type { Verdict } from '../principal.js'
import type { TrustedIssuer } from '../rules.js'
import { findClaim, isTextList, missing, readDate, readText, readTextList, wrongType } from '../steps/claim-types.js'
import type { Payload } from '../steps/claim-types.js'
import type { Verified } from '../steps/signature.js'
import { readActors } from './actor.js'

/** Where the client's identifier stands, in the order in which it is looked for. */
const CLIENT_ID_CLAIMS = ['client_id', 'azp', 'cid', 'appid'] as const

const NOTHING: readonly never[] = Object.freeze([])

/**
 * Maps the standard claims: RFC 7519, RFC 9068, RFC 8693, OpenID Connect Core.
 *
 * A registered claim of the wrong type is a refusal. `roles`, `permissions` and `groups` have no single standard form:
 * of any other type than an array of strings they count as absent, and guards that want them deny.
 *
 * @throws AuthenticationError `ERR_TOKEN_CLAIM_MISSING` without `sub`, `ERR_TOKEN_CLAIM_TYPE`
 */
export function toVerdict<C>(verified: Verified, issuer: TrustedIssuer, claims: C): Verdict<C> {
  const { payload, header } = verified
  const subject = readText(payload, 'sub')
  if (subject === undefined) throw missing('sub')
  const [actor, ...actorHistory] = readActors(payload)
  return Object.freeze({
    issuer: issuer.issuer,
    subject,
    clientId: readClientId(payload),
    audience: Object.freeze(readTextList(payload, 'aud') ?? NOTHING),
    scopes: readScopes(payload),
    roles: findNames(payload, 'roles'),
    permissions: findNames(payload, 'permissions'),
    groups: findNames(payload, 'groups'),
    tenant: undefined,
    actor,
    actorHistory: Object.freeze(actorHistory),
    authenticatedAtSeconds: readDate(payload, 'auth_time'),
    acr: readText(payload, 'acr'),
    amr: Object.freeze(readTextList(payload, 'amr') ?? NOTHING),
    expiresAtSeconds: readDate(payload, 'exp') ?? 0,
    claims,
    attributes: NO_ATTRIBUTES,
    confirmation: findClaim(payload, 'cnf') as Readonly<Record<string, unknown>> | undefined,
    header: header.members,
    payload,
  })
}

const NO_ATTRIBUTES: Readonly<Record<string, never>> = Object.freeze({})

function readClientId(payload: Payload): string | undefined {
  for (const claim of CLIENT_ID_CLAIMS) {
    const value = readText(payload, claim)
    if (value !== undefined) return value
  }
  return undefined
}

/** `scope` (RFC 8693 section 4.2), else `scp`: a list separated by spaces, never by commas, or an array of scopes. */
function readScopes(payload: Payload): readonly string[] {
  const claim = Object.hasOwn(payload, 'scope') ? 'scope' : 'scp'
  const value = findClaim(payload, claim)
  if (value === undefined) return NOTHING
  if (typeof value === 'string') return Object.freeze(value.split(' ').filter((scope) => scope !== ''))
  if (isTextList(value)) return value
  throw wrongType(claim)
}

function findNames(payload: Payload, claim: string): readonly string[] {
  const value = findClaim(payload, claim)
  return isTextList(value) ? value : NOTHING
}
