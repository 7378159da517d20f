import { AuthenticationError } from '../errors.js'
import type { TokenProfile } from '../rules.js'
import type { TrustedIssuer } from '../issuers/trusted-issuer.js'
import { findClaim, missing, readDate, readText, readTextList } from './claim-types.js'
import type { Payload } from './claim-types.js'
import type { Verified } from './signature.js'

/** What one kind of token must look like. */
interface Profile {
  /** Accepted `typ` values in lower case; `undefined` is a header without one. */
  readonly types: ReadonlySet<string | undefined>
  readonly requiredText: readonly string[]
  readonly requiredDates: readonly string[]
  readonly requiredLists: readonly string[]
  /** Claims that only another kind of token carries. */
  readonly foreignClaims: readonly string[]
  /** What `token_use` (Cognito) must say where it is there. */
  readonly tokenUse: string
  /** What a `typ` in the payload (Keycloak: Bearer, ID, Refresh, Offline, Logout) must say where it is there. */
  readonly payloadType: string
}

const ACCESS_TOKEN_TYPES = ['at+jwt', 'application/at+jwt'] as const

/** Claims that show an ID token, a logout token or a security event: a user's sign-in is no permission to call this API. */
const ACCESS_TOKEN = {
  foreignClaims: ['nonce', 'at_hash', 'c_hash', 'events'],
  tokenUse: 'access',
  payloadType: 'Bearer',
} as const

/** The one table of token kinds: mutually exclusive by their rules (RFC 8725 section 3.12). */
const PROFILES: Readonly<Record<TokenProfile, Profile>> = {
  'access-token': {
    types: new Set([...ACCESS_TOKEN_TYPES, 'jwt', undefined]),
    requiredText: [],
    requiredDates: [],
    requiredLists: [],
    ...ACCESS_TOKEN,
  },
  // RFC 9068 sections 2.2 and 4.
  rfc9068: {
    types: new Set(ACCESS_TOKEN_TYPES),
    requiredText: ['sub', 'client_id', 'jti'],
    requiredDates: ['iat'],
    requiredLists: ['aud'],
    ...ACCESS_TOKEN,
  },
  // OpenID Connect Core section 2.
  'id-token': {
    types: new Set(['jwt', undefined]),
    requiredText: ['sub'],
    requiredDates: ['iat'],
    requiredLists: ['aud'],
    // A logout token has the same audience and need not have a `typ` (OpenID Connect Back-Channel Logout section 2.4).
    foreignClaims: ['events'],
    tokenUse: 'id',
    payloadType: 'ID',
  },
}

/**
 * Checks that the token is of the kind that its issuer is trusted for.
 *
 * @throws AuthenticationError `ERR_TOKEN_TYPE`, `ERR_TOKEN_CLAIM_MISSING`, `ERR_TOKEN_CLAIM_TYPE`
 * @see RFC 9068 section 4, RFC 8725 sections 3.11 and 3.12
 */
export function checkProfile({ header, payload }: Verified, issuer: TrustedIssuer): void {
  const profile = PROFILES[issuer.tokenProfile]
  if (!profile.types.has(header.type)) throw otherKind('typ')
  checkKind(payload, profile)
  for (const claim of profile.requiredText) if (readText(payload, claim) === undefined) throw missing(claim)
  for (const claim of profile.requiredDates) if (readDate(payload, claim) === undefined) throw missing(claim)
  for (const claim of profile.requiredLists) if (readTextList(payload, claim) === undefined) throw missing(claim)
}

function checkKind(payload: Payload, { foreignClaims, tokenUse, payloadType }: Profile): void {
  for (const claim of foreignClaims) if (findClaim(payload, claim) !== undefined) throw otherKind(claim)
  const use = findClaim(payload, 'token_use')
  if (use !== undefined && use !== tokenUse) throw otherKind('token_use')
  const type = findClaim(payload, 'typ')
  if (type !== undefined && type !== payloadType) throw otherKind('typ')
}

function otherKind(member: string): AuthenticationError {
  return new AuthenticationError('ERR_TOKEN_TYPE', { detail: { member } })
}
