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

/** Statuses of refusals. */
export type TokenErrorStatus = 400 | 401 | 405 | 408 | 413 | 415 | 500 | 503

/** What one error looks like from outside. `text` is constant ASCII, fit for `error_description`. */
export interface TokenErrorRow {
  readonly status: TokenErrorStatus
  readonly text: string
}

/** The public half of the table: a client learns nothing beyond these rows. */
export const TOKEN_ERRORS: Readonly<Record<TokenErrorCode, TokenErrorRow>> = {
  invalid_request: { status: 400, text: 'The request is malformed, or a token in it is not accepted' },
  invalid_client: { status: 401, text: 'Client authentication failed' },
  invalid_grant: { status: 400, text: 'The grant is invalid, expired or not accepted' },
  unauthorized_client: { status: 400, text: 'The client may not use this grant' },
  unsupported_grant_type: { status: 400, text: 'The grant type is not supported' },
  invalid_scope: { status: 400, text: 'The scope cannot be granted' },
  invalid_target: { status: 400, text: 'No token can be issued for this target' },
  invalid_dpop_proof: { status: 400, text: 'The DPoP proof is invalid' },
  use_dpop_nonce: { status: 400, text: 'A DPoP proof with the nonce of this response is required' },
  unsupported_token_type: { status: 400, text: 'Tokens of this type cannot be revoked' },
  insufficient_user_authentication: {
    status: 400,
    text: 'A stronger or more recent authentication is required',
  },
  temporarily_unavailable: { status: 503, text: 'The request cannot be answered at the moment' },
  server_error: { status: 500, text: 'The request could not be processed' },
}

/** Why exactly a request was refused: for logs and audit events, never for a client. */
export type StsReason =
  | 'ERR_STS_METHOD'
  | 'ERR_STS_QUERY'
  | 'ERR_STS_CONTENT_TYPE'
  | 'ERR_STS_BODY_SIZE'
  | 'ERR_STS_BODY_SLOW'
  | 'ERR_STS_BODY_MALFORMED'
  | 'ERR_STS_PARAMETER_REPEATED'
  | 'ERR_STS_SCOPE_MALFORMED'
  | 'ERR_STS_CLIENT_SEVERAL'
  | 'ERR_STS_CLIENT_MISSING'
  | 'ERR_STS_CLIENT_UNKNOWN'
  | 'ERR_STS_CLIENT_METHOD'
  | 'ERR_STS_CLIENT_SECRET'
  | 'ERR_STS_CLIENT_CERTIFICATE'
  | 'ERR_STS_CLIENT_ASSERTION'
  | 'ERR_STS_CLIENT_REPLAYED'
  | 'ERR_STS_CLIENT_WORKLOAD'
  | 'ERR_STS_PROOF'
  | 'ERR_STS_PROOF_NONCE'
  | 'ERR_STS_REVOCATION_FOREIGN'
  | 'ERR_STS_REVOCATION_TYPE'
  | 'ERR_STS_GRANT_UNSUPPORTED'
  | 'ERR_STS_GRANT_FORBIDDEN'
  | 'ERR_STS_PARAMETER_MISSING'
  | 'ERR_STS_PARAMETER_UNEXPECTED'
  | 'ERR_STS_TOKEN_TYPE'
  | 'ERR_STS_REQUESTED_TYPE'
  | 'ERR_STS_SUBJECT_TOKEN'
  | 'ERR_STS_ACTOR_TOKEN'
  | 'ERR_STS_ASSERTION_REPLAYED'
  | 'ERR_STS_MAY_ACT'
  | 'ERR_STS_ACTOR_IS_SUBJECT'
  | 'ERR_STS_ACTOR_DELEGATED'
  | 'ERR_STS_ACTOR_FORBIDDEN'
  | 'ERR_STS_ACTOR_DEPTH'
  | 'ERR_STS_POLICY_DENIED'
  | 'ERR_STS_TARGET_MISSING'
  | 'ERR_STS_TARGET_SEVERAL'
  | 'ERR_STS_TARGET_UNKNOWN'
  | 'ERR_STS_TARGET_FORBIDDEN'
  | 'ERR_STS_SCOPE_FORBIDDEN'
  | 'ERR_STS_SCOPE_EMPTY'
  | 'ERR_STS_LIFETIME'
  | 'ERR_STS_PROOF_REQUIRED'
  | 'ERR_STS_BINDING_REQUIRED'
  | 'ERR_STS_TOKEN_SIZE'
  | 'ERR_STS_AUDIT_UNAVAILABLE'
  | 'ERR_STS_UNAVAILABLE'
  | 'ERR_STS_UNEXPECTED'

/** The private half of the table: the error under which each reason is shown. */
export const STS_REASONS: Readonly<Record<StsReason, TokenErrorCode>> = {
  ERR_STS_METHOD: 'invalid_request',
  ERR_STS_QUERY: 'invalid_request',
  ERR_STS_CONTENT_TYPE: 'invalid_request',
  ERR_STS_BODY_SIZE: 'invalid_request',
  ERR_STS_BODY_SLOW: 'invalid_request',
  ERR_STS_BODY_MALFORMED: 'invalid_request',
  ERR_STS_PARAMETER_REPEATED: 'invalid_request',
  ERR_STS_SCOPE_MALFORMED: 'invalid_scope',

  ERR_STS_CLIENT_SEVERAL: 'invalid_request',
  ERR_STS_CLIENT_MISSING: 'invalid_client',
  ERR_STS_CLIENT_UNKNOWN: 'invalid_client',
  ERR_STS_CLIENT_METHOD: 'invalid_client',
  ERR_STS_CLIENT_SECRET: 'invalid_client',
  ERR_STS_CLIENT_CERTIFICATE: 'invalid_client',
  ERR_STS_CLIENT_ASSERTION: 'invalid_client',
  ERR_STS_CLIENT_REPLAYED: 'invalid_client',
  ERR_STS_CLIENT_WORKLOAD: 'invalid_client',

  ERR_STS_PROOF: 'invalid_dpop_proof',
  ERR_STS_PROOF_NONCE: 'use_dpop_nonce',

  ERR_STS_REVOCATION_FOREIGN: 'invalid_request',
  ERR_STS_REVOCATION_TYPE: 'unsupported_token_type',

  ERR_STS_GRANT_UNSUPPORTED: 'unsupported_grant_type',
  ERR_STS_GRANT_FORBIDDEN: 'unauthorized_client',
  ERR_STS_PARAMETER_MISSING: 'invalid_request',
  ERR_STS_PARAMETER_UNEXPECTED: 'invalid_request',
  ERR_STS_TOKEN_TYPE: 'invalid_request',
  ERR_STS_REQUESTED_TYPE: 'invalid_request',

  ERR_STS_SUBJECT_TOKEN: 'invalid_request',
  ERR_STS_ACTOR_TOKEN: 'invalid_request',
  ERR_STS_ASSERTION_REPLAYED: 'invalid_grant',
  ERR_STS_MAY_ACT: 'invalid_request',
  ERR_STS_ACTOR_IS_SUBJECT: 'invalid_request',
  ERR_STS_ACTOR_DELEGATED: 'invalid_request',
  ERR_STS_ACTOR_FORBIDDEN: 'invalid_request',
  ERR_STS_ACTOR_DEPTH: 'invalid_request',
  ERR_STS_POLICY_DENIED: 'invalid_request',

  ERR_STS_TARGET_MISSING: 'invalid_target',
  ERR_STS_TARGET_SEVERAL: 'invalid_target',
  ERR_STS_TARGET_UNKNOWN: 'invalid_target',
  ERR_STS_TARGET_FORBIDDEN: 'invalid_target',
  ERR_STS_SCOPE_FORBIDDEN: 'invalid_scope',
  ERR_STS_SCOPE_EMPTY: 'invalid_scope',

  ERR_STS_LIFETIME: 'invalid_request',
  ERR_STS_PROOF_REQUIRED: 'invalid_request',
  ERR_STS_BINDING_REQUIRED: 'invalid_request',
  ERR_STS_TOKEN_SIZE: 'invalid_request',

  ERR_STS_AUDIT_UNAVAILABLE: 'temporarily_unavailable',
  ERR_STS_UNAVAILABLE: 'temporarily_unavailable',
  ERR_STS_UNEXPECTED: 'server_error',
}

/** Where HTTP has a status that says more than the OAuth error does. */
export const STS_STATUSES: Readonly<Partial<Record<StsReason, TokenErrorStatus>>> = {
  ERR_STS_METHOD: 405,
  ERR_STS_BODY_SLOW: 408,
  ERR_STS_BODY_SIZE: 413,
  ERR_STS_CONTENT_TYPE: 415,
}

/**
 * Reasons that speak of the token that was presented. For RFC 7523 it is the grant itself, and they are `invalid_grant`
 * (RFC 7523 section 3.1), where an exchange says `invalid_request` (RFC 8693 section 2.2.2).
 */
export const ABOUT_THE_TOKEN: ReadonlySet<StsReason> = new Set([
  'ERR_STS_SUBJECT_TOKEN',
  'ERR_STS_MAY_ACT',
  'ERR_STS_ACTOR_IS_SUBJECT',
  'ERR_STS_ACTOR_DEPTH',
  'ERR_STS_POLICY_DENIED',
  'ERR_STS_LIFETIME',
  'ERR_STS_PROOF_REQUIRED',
])

/** Reasons that say that something that is good once came again: of the type `replay.detected` in the audit trail, whatever it was. */
export const REPLAYS: ReadonlySet<string> = new Set([
  'ERR_STS_CLIENT_REPLAYED',
  'ERR_STS_ASSERTION_REPLAYED',
  'ERR_PROOF_REPLAYED',
])

/** Reasons by which a rule said no to what was otherwise in order: `denied` in the audit trail, not `failure`. */
export const DENIALS: ReadonlySet<StsReason> = new Set([
  'ERR_STS_GRANT_FORBIDDEN',
  'ERR_STS_MAY_ACT',
  'ERR_STS_ACTOR_FORBIDDEN',
  'ERR_STS_POLICY_DENIED',
  'ERR_STS_TARGET_FORBIDDEN',
  'ERR_STS_SCOPE_FORBIDDEN',
  'ERR_STS_SCOPE_EMPTY',
  'ERR_STS_REVOCATION_FOREIGN',
])
