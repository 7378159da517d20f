import type { StandardSchemaV1 } from '@standard-schema/spec'
import { AuthenticationError } from '../errors.js'
import { RESERVED } from '../mapping/reserved.js'
import { toDraftVerdict } from '../mapping/verdict.js'
import type { DraftVerdict } from '../mapping/verdict.js'
import type { Verdict } from '../principal.js'
import type { TrustedIssuer } from '../issuers/trusted-issuer.js'
import type { Payload } from './claim-types.js'
import type { Verified } from './signature.js'
import type { Maybe } from '../maybe.js'

/** A verdict, and whether the requests of one token may share it. */
export interface Mapping<C> {
  readonly verdict: Verdict<C>
  /** `false` where the schema, or a mapping function, made something that one request could change under another. */
  readonly shareable: boolean
}

/**
 * Maps what was verified onto what a principal shows, and the claims through the application's schema.
 *
 * @throws AuthenticationError `ERR_TOKEN_CLAIM_MISSING`, `ERR_TOKEN_CLAIM_TYPE`, `ERR_TOKEN_MAPPING`, `ERR_TOKEN_TENANT`,
 *   and `ERR_CLAIMS_SCHEMA` where the schema refuses
 */
export function toVerdict<C>(
  verified: Verified,
  issuer: TrustedIssuer,
  schema: StandardSchemaV1<unknown, C> | undefined,
): Maybe<Mapping<C>> {
  const draft = toDraftVerdict(verified, issuer)
  const shareable = isFrozen(draft.attributes)
  if (schema === undefined) return { verdict: draft as Verdict<C>, shareable }
  return withClaims(draft, toSeen(verified.payload, draft.attributes), schema, shareable)
}

/** What a schema sees: the payload, with the attributes that do not pass for what the issuer said. */
function toSeen(payload: Payload, attributes: Verdict['attributes']): Payload {
  const own = Object.entries(attributes).filter(([name]) => !RESERVED.has(name))
  return { ...payload, ...Object.fromEntries(own) }
}

async function withClaims<C>(
  draft: DraftVerdict,
  seen: object,
  schema: StandardSchemaV1<unknown, C>,
  shareable: boolean,
): Promise<Mapping<C>> {
  draft.claims = await validate(seen, schema)
  return { shareable: freezePlain(draft.claims) && shareable, verdict: draft as Verdict<C> }
}

async function validate<C>(value: object, schema: StandardSchemaV1<unknown, C>): Promise<C> {
  let result: StandardSchemaV1.Result<C>
  try {
    result = await schema['~standard'].validate(value)
  } catch (error) {
    // A refinement that throws has not accepted.
    throw new AuthenticationError('ERR_CLAIMS_SCHEMA', { cause: error, traced: true })
  }
  if (result.issues === undefined) return result.value
  const { issues } = result
  throw new AuthenticationError('ERR_CLAIMS_SCHEMA', {
    detail: { issues: issues.length, claims: toClaimNames(issues) },
  })
}

/** The claims that a schema finds fault with, five at most: of each path its beginning, and nothing of what the claim holds. */
function toClaimNames(issues: readonly StandardSchemaV1.Issue[]): string | undefined {
  const names = issues.map(({ path }) => {
    const first = path?.[0]
    return typeof first === 'object' ? first.key : first
  })
  const shown = new Set(names.filter((name) => typeof name === 'string' && /^[\w:./-]{1,64}$/.test(name)))
  return shown.size === 0 ? undefined : [...shown].slice(0, 5).join(', ')
}

/** Freezes plain objects and arrays throughout; says whether there was nothing else. A class instance is its author's to protect. */
function freezePlain(value: unknown): boolean {
  let isAllPlain = true
  // A loop over a set comes to what is added meanwhile, and to nothing twice: an output that holds itself has an end.
  const parts = new Set([value])
  for (const part of parts) {
    if (typeof part === 'function') isAllPlain = false
    if (typeof part !== 'object' || part === null) continue
    if (isPlain(part)) {
      Object.freeze(part)
      for (const member of Object.values(part)) parts.add(member)
    } else isAllPlain = false
  }
  return isAllPlain
}

/**
 * Whether nothing in it can be changed. What a mapping function made is the application's own, and not ours to freeze; what it took
 * from the payload is frozen.
 */
function isFrozen(attributes: Verdict['attributes']): boolean {
  const parts = new Set<unknown>(Object.values(attributes))
  for (const part of parts) {
    if (typeof part === 'function') return false
    if (typeof part !== 'object' || part === null) continue
    if (!Object.isFrozen(part) || !isPlain(part)) return false
    for (const member of Object.values(part)) parts.add(member)
  }
  return true
}

function isPlain(part: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(part)
  return prototype === Object.prototype || prototype === Array.prototype || prototype === null
}
