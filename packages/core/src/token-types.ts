/** Token types by their URNs: what a token is to whoever is sent it. RFC 8693 section 3, RFC 7519 section 9. */
export const TOKEN_TYPES = {
  /** An access token of the very server that is asked. */
  accessToken: 'urn:ietf:params:oauth:token-type:access_token',
  refreshToken: 'urn:ietf:params:oauth:token-type:refresh_token',
  idToken: 'urn:ietf:params:oauth:token-type:id_token',
  /** A JWT of whatever issuer. */
  jwt: 'urn:ietf:params:oauth:token-type:jwt',
  saml1: 'urn:ietf:params:oauth:token-type:saml1',
  saml2: 'urn:ietf:params:oauth:token-type:saml2',
} as const

/** One of {@link TOKEN_TYPES}. */
export type TokenType = (typeof TOKEN_TYPES)[keyof typeof TOKEN_TYPES]
