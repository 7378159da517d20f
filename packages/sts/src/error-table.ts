/** OAuth error codes of the endpoints: RFC 6749 section 5.2, RFC 8693 section 2.2.2, RFC 8707 section 2, RFC 9449 section 12.2, RFC 7009 section 2.2.1. */
export type TokenErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'invalid_scope'
  | 'invalid_target'
  | 'invalid_dpop_proof'
  | 'use_dpop_nonce'
  | 'unsupported_token_type'
  | 'insufficient_user_authentication'
  | 'temporarily_unavailable'
  | 'server_error'

/** What one error looks like from outside. `text` is constant ASCII, fit for `error_description`. */
export interface TokenErrorRow {
  readonly status: 400 | 401 | 405 | 413 | 415 | 500 | 503
  readonly text: string
}
