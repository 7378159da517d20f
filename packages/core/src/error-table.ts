/** What a client may learn of a refusal: one code per OAuth error. Part of semver. */
export type ErrorCode =
  | 'ERR_CONFIGURATION'
  | 'ERR_INVALID_REQUEST'
  | 'ERR_UNAUTHENTICATED'
  | 'ERR_INVALID_TOKEN'
  | 'ERR_INSUFFICIENT_AUTHENTICATION'
  | 'ERR_INSUFFICIENT_SCOPE'
  | 'ERR_UPSTREAM'
  | 'ERR_INTERNAL'

/** OAuth error codes on the wire. RFC 6750 section 3.1, RFC 9470 section 3, RFC 6749 section 4.1.2.1. */
export type OAuthError =
  | 'invalid_request'
  | 'invalid_token'
  | 'insufficient_scope'
  | 'insufficient_user_authentication'
  | 'temporarily_unavailable'
  | 'server_error'

/** What one {@link ErrorCode} looks like from outside. `text` is constant ASCII, fit for `error_description`. */
export interface CodeRow {
  readonly status: 400 | 401 | 403 | 500 | 503
  /** Absent where RFC 6750 section 3.1 wants a challenge without an error code. */
  readonly oauthError: OAuthError | undefined
  readonly text: string
}

/** The public half of the table: an attacker learns nothing beyond these rows. */
export const CODES: Readonly<Record<ErrorCode, CodeRow>> = {
  ERR_CONFIGURATION: { status: 500, oauthError: 'server_error', text: 'The server is misconfigured' },
  ERR_INVALID_REQUEST: { status: 400, oauthError: 'invalid_request', text: 'The request is malformed' },
  ERR_UNAUTHENTICATED: { status: 401, oauthError: undefined, text: 'Authentication is required' },
  ERR_INVALID_TOKEN: { status: 401, oauthError: 'invalid_token', text: 'The access token is invalid or expired' },
  ERR_INSUFFICIENT_AUTHENTICATION: {
    status: 401,
    oauthError: 'insufficient_user_authentication',
    text: 'A stronger or more recent authentication is required',
  },
  ERR_INSUFFICIENT_SCOPE: {
    status: 403,
    oauthError: 'insufficient_scope',
    text: 'The request requires higher privileges than the access token provides',
  },
  ERR_UPSTREAM: {
    status: 503,
    oauthError: 'temporarily_unavailable',
    text: 'The access token cannot be verified at the moment',
  },
  ERR_INTERNAL: { status: 500, oauthError: 'server_error', text: 'The request could not be processed' },
}

/** Why exactly something was refused: for logs, events and assertions, never for a client. */
export type Reason =
  | 'ERR_CONFIG_INVALID'
  | 'ERR_CONFIG_MISSING'
  | 'ERR_CONFIG_UNKNOWN'
  | 'ERR_CREDENTIALS_MALFORMED'
  | 'ERR_CREDENTIALS_MISSING'
  | 'ERR_CREDENTIALS_MULTIPLE'
  | 'ERR_CREDENTIALS_SCHEME'
  | 'ERR_TOKEN_ALGORITHM'
  | 'ERR_TOKEN_AUDIENCE'
  | 'ERR_TOKEN_CLAIM_MISSING'
  | 'ERR_TOKEN_CLAIM_TYPE'
  | 'ERR_TOKEN_CLAIM_VALUE'
  | 'ERR_TOKEN_CONFIRMATION'
  | 'ERR_TOKEN_CRITICAL'
  | 'ERR_TOKEN_ENCODING'
  | 'ERR_TOKEN_ENCRYPTED'
  | 'ERR_TOKEN_EXPIRED'
  | 'ERR_TOKEN_HEADER'
  | 'ERR_TOKEN_ISSUED_IN_FUTURE'
  | 'ERR_TOKEN_ISSUER'
  | 'ERR_TOKEN_JSON'
  | 'ERR_TOKEN_LIFETIME'
  | 'ERR_TOKEN_MALFORMED'
  | 'ERR_TOKEN_NOT_YET_VALID'
  | 'ERR_TOKEN_SIGNATURE'
  | 'ERR_TOKEN_TOO_LARGE'
  | 'ERR_TOKEN_TOO_OLD'
  | 'ERR_TOKEN_TYPE'
  | 'ERR_CLAIMS_SCHEMA'
  | 'ERR_PROOF_REQUIRED'
  | 'ERR_ISSUER_UNTRUSTED'
  | 'ERR_KEY_AMBIGUOUS'
  | 'ERR_KEY_MISMATCH'
  | 'ERR_KEY_NOT_FOUND'
  | 'ERR_SCOPE_INSUFFICIENT'
  | 'ERR_ACCESS_DENIED'
  | 'ERR_STEP_UP_ACR'
  | 'ERR_STEP_UP_AGE'
  | 'ERR_KEYS_UNAVAILABLE'
  | 'ERR_KEYS_EMPTY'
  | 'ERR_KEYS_MALFORMED'
  | 'ERR_KEY_UNCONFIRMED'
  | 'ERR_DISCOVERY_ISSUER'
  | 'ERR_DISCOVERY_MALFORMED'
  | 'ERR_DISCOVERY_NOT_FOUND'
  | 'ERR_UPSTREAM_ADDRESS'
  | 'ERR_UPSTREAM_CONTENT'
  | 'ERR_UPSTREAM_NETWORK'
  | 'ERR_UPSTREAM_REDIRECT'
  | 'ERR_UPSTREAM_STATUS'
  | 'ERR_UPSTREAM_TIMEOUT'
  | 'ERR_UPSTREAM_TOO_LARGE'
  | 'ERR_UPSTREAM_URL'
  | 'ERR_NOT_AUTHENTICATED'
  | 'ERR_GUARD_FAILED'
  | 'ERR_UNEXPECTED'

/** The private half of the table: the code under which each reason is shown. `docs/errors.md` has a section for each. */
export const REASONS: Readonly<Record<Reason, ErrorCode>> = {
  ERR_CONFIG_INVALID: 'ERR_CONFIGURATION',
  ERR_CONFIG_MISSING: 'ERR_CONFIGURATION',
  ERR_CONFIG_UNKNOWN: 'ERR_CONFIGURATION',

  ERR_CREDENTIALS_MALFORMED: 'ERR_INVALID_REQUEST',
  ERR_CREDENTIALS_MULTIPLE: 'ERR_INVALID_REQUEST',
  ERR_CREDENTIALS_MISSING: 'ERR_UNAUTHENTICATED',
  ERR_CREDENTIALS_SCHEME: 'ERR_UNAUTHENTICATED',

  ERR_TOKEN_TOO_LARGE: 'ERR_INVALID_TOKEN',
  ERR_TOKEN_MALFORMED: 'ERR_INVALID_TOKEN',
  ERR_TOKEN_ENCRYPTED: 'ERR_INVALID_TOKEN',
  ERR_TOKEN_ENCODING: 'ERR_INVALID_TOKEN',
  ERR_TOKEN_JSON: 'ERR_INVALID_TOKEN',
  ERR_TOKEN_HEADER: 'ERR_INVALID_TOKEN',
  ERR_TOKEN_CRITICAL: 'ERR_INVALID_TOKEN',
  ERR_TOKEN_ALGORITHM: 'ERR_INVALID_TOKEN',
  ERR_TOKEN_ISSUER: 'ERR_INVALID_TOKEN',
  ERR_ISSUER_UNTRUSTED: 'ERR_INVALID_TOKEN',
  ERR_KEY_NOT_FOUND: 'ERR_INVALID_TOKEN',
  ERR_KEY_AMBIGUOUS: 'ERR_INVALID_TOKEN',
  ERR_KEY_MISMATCH: 'ERR_INVALID_TOKEN',
  ERR_TOKEN_SIGNATURE: 'ERR_INVALID_TOKEN',
  ERR_TOKEN_TYPE: 'ERR_INVALID_TOKEN',
  ERR_TOKEN_CLAIM_MISSING: 'ERR_INVALID_TOKEN',
  ERR_TOKEN_CLAIM_TYPE: 'ERR_INVALID_TOKEN',
  ERR_TOKEN_CLAIM_VALUE: 'ERR_INVALID_TOKEN',
  ERR_TOKEN_EXPIRED: 'ERR_INVALID_TOKEN',
  ERR_TOKEN_NOT_YET_VALID: 'ERR_INVALID_TOKEN',
  ERR_TOKEN_ISSUED_IN_FUTURE: 'ERR_INVALID_TOKEN',
  ERR_TOKEN_TOO_OLD: 'ERR_INVALID_TOKEN',
  ERR_TOKEN_LIFETIME: 'ERR_INVALID_TOKEN',
  ERR_TOKEN_AUDIENCE: 'ERR_INVALID_TOKEN',
  ERR_TOKEN_CONFIRMATION: 'ERR_INVALID_TOKEN',
  ERR_PROOF_REQUIRED: 'ERR_INVALID_TOKEN',
  ERR_CLAIMS_SCHEMA: 'ERR_INVALID_TOKEN',

  ERR_STEP_UP_ACR: 'ERR_INSUFFICIENT_AUTHENTICATION',
  ERR_STEP_UP_AGE: 'ERR_INSUFFICIENT_AUTHENTICATION',

  ERR_SCOPE_INSUFFICIENT: 'ERR_INSUFFICIENT_SCOPE',
  ERR_ACCESS_DENIED: 'ERR_INSUFFICIENT_SCOPE',

  ERR_KEYS_UNAVAILABLE: 'ERR_UPSTREAM',
  ERR_KEYS_EMPTY: 'ERR_UPSTREAM',
  ERR_KEYS_MALFORMED: 'ERR_UPSTREAM',
  ERR_KEY_UNCONFIRMED: 'ERR_UPSTREAM',
  ERR_DISCOVERY_ISSUER: 'ERR_UPSTREAM',
  ERR_DISCOVERY_MALFORMED: 'ERR_UPSTREAM',
  ERR_DISCOVERY_NOT_FOUND: 'ERR_UPSTREAM',
  ERR_UPSTREAM_URL: 'ERR_UPSTREAM',
  ERR_UPSTREAM_ADDRESS: 'ERR_UPSTREAM',
  ERR_UPSTREAM_NETWORK: 'ERR_UPSTREAM',
  ERR_UPSTREAM_TIMEOUT: 'ERR_UPSTREAM',
  ERR_UPSTREAM_STATUS: 'ERR_UPSTREAM',
  ERR_UPSTREAM_REDIRECT: 'ERR_UPSTREAM',
  ERR_UPSTREAM_CONTENT: 'ERR_UPSTREAM',
  ERR_UPSTREAM_TOO_LARGE: 'ERR_UPSTREAM',

  ERR_NOT_AUTHENTICATED: 'ERR_INTERNAL',
  ERR_GUARD_FAILED: 'ERR_INTERNAL',
  ERR_UNEXPECTED: 'ERR_INTERNAL',
}
