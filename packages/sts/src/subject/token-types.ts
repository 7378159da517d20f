import { TOKEN_TYPES } from '@countersign/core'

/** What every token type begins with that has a short name in the options. */
export const TOKEN_TYPE_PREFIX = 'urn:ietf:params:oauth:token-type:'

/** Token types that are told apart by what stands in the token: no other verifier takes them. */
export const JWT_TYPES: ReadonlySet<string> = new Set([TOKEN_TYPES.accessToken, TOKEN_TYPES.idToken, TOKEN_TYPES.jwt])

/**
 * Token types that prove nothing, or nothing to this service: an identifier that anybody may write down, a claim without a
 * signature, and tokens that are meant for the token endpoint of whoever issued them.
 */
export const REFUSED_TYPES: ReadonlySet<string> = new Set(
  ['refresh_token', 'user_id', 'unsigned_json', 'self_signed'].map((name) => `${TOKEN_TYPE_PREFIX}${name}`),
)
