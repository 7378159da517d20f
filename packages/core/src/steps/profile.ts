import { AuthenticationError } from '../errors.js'
import type { TokenProfile, TrustedIssuer } from '../rules.js'
import { findClaim, missing, readDate, readText } from './claim-types.js'
import type { Payload } from './claim-types.js'
import type { Verified } from './signature.js'

/** What one kind of token must look like. */
interface Profile {
  /** Accepted `typ` values in lower case; `undefined` is a header without one. */
  readonly types: ReadonlySet<string | undefined>
  readonly requiredText: readonly string[]
  readonly requiredDates: readonly string[]
  /** Whether claims that only another kind of token carries are a refusal. */
  readonly refusesOtherKinds: boolean
}

const ACCESS_TOKEN_TYPES = ['at+jwt', 'application/at+jwt'] as const

/** The one table of token kinds: mutually exclusive by their rules (RFC 8725 section 3.12). */
const PROFILES: Readonly<Record<TokenProfile, Profile>> = {
  'access-token': {
    types: new Set([...ACCESS_TOKEN_TYPES, 'jwt', undefined]),
    requiredText: [],
    requiredDates: [],
    refusesOtherKinds: true,
  },
  // RFC 9068 sections 2.2 and 4.
  rfc9068: {
    types: new Set(ACCESS_TOKEN_TYPES),
    requiredText: ['sub', 'client_id', 'jti'],
    requiredDates: ['iat'],
    refusesOtherKinds: true,
  },
  // OpenID Connect Core section 2.
  'id-token': {
    types: new Set(['jwt', undefined]),
    requiredText: ['sub'],
    requiredDates: ['iat'],
    refusesOtherKinds: false,
  },
}

/** Claims that show an ID token, a logout token or a security event: a user's sign-in is no permission to call this API. */
const OTHER_KINDS = ['nonce', 'at_hash', 'c_hash', 'events'] as const

/**
 * Checks that the token is of the kind that its issuer is trusted for.
 *
 * @throws AuthenticationError `ERR_TOKEN_TYPE`, `ERR_TOKEN_CLAIM_MISSING`, `ERR_TOKEN_CLAIM_TYPE`
 * @see RFC 9068 section 4, RFC 8725 sections 3.11 and 3.12
 */
export function checkProfile({ header, payload }: Verified, issuer: TrustedIssuer): void {
  const profile = PROFILES[issuer.tokenProfile]
  if (!profile.types.has(header.type)) throw otherKind('typ')
  if (profile.refusesOtherKinds) checkKind(payload)
  for (const claim of profile.requiredText) if (readText(payload, claim) === undefined) throw missing(claim)
  for (const claim of profile.requiredDates) if (readDate(payload, claim) === undefined) throw missing(claim)
}

function checkKind(payload: Payload): void {
  for (const claim of OTHER_KINDS) if (Object.hasOwn(payload, claim)) throw otherKind(claim)
  const use = findClaim(payload, 'token_use')
  if (use !== undefined && use !== 'access') throw otherKind('token_use')
  // Keycloak names the kind in the payload: Bearer, ID, Refresh, Offline, Logout.
  const type = findClaim(payload, 'typ')
  if (type !== undefined && type !== 'Bearer') throw otherKind('typ')
}

function otherKind(member: string): AuthenticationError {
  return new AuthenticationError('ERR_TOKEN_TYPE', { detail: { member } })
}
