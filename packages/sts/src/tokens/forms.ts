import { TOKEN_TYPES } from '@countersign/core'

/** What a token is made as. */
export type TokenFormName = 'access-token' | 'grant' | 'id-jag' | 'txn-token'

/** How a token of one form is marked, so that nobody takes it for another: RFC 8725 section 3.11. */
export interface TokenForm {
  /** `typ` of its header. */
  readonly type: 'at+jwt' | 'JWT' | 'oauth-id-jag+jwt' | 'txntoken+jwt'
  /** Its URN. */
  readonly tokenType: string
  /** Stands in the audit trail, for an exchange. */
  readonly profile: 'rfc8693' | 'chaining' | 'id-jag' | 'txn-token'
}

/** Token type of identity assertion grants, draft-ietf-oauth-identity-assertion-authz-grant-03 section 7. */
export const ID_JAG_TYPE = 'urn:ietf:params:oauth:token-type:id-jag'

/** The profile of the JWT bearer grant that takes them, as metadata names it. */
export const ID_JAG_PROFILE = 'urn:ietf:params:oauth:grant-profile:id-jag'

/** Token type of transaction tokens, draft-ietf-oauth-transaction-tokens-08 section 12. */
const TXN_TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:txn_token'

/** The one table of forms. */
export const TOKEN_FORMS: Readonly<Record<TokenFormName, TokenForm>> = {
  'access-token': { type: 'at+jwt', tokenType: TOKEN_TYPES.accessToken, profile: 'rfc8693' },
  grant: { type: 'JWT', tokenType: TOKEN_TYPES.jwt, profile: 'chaining' },
  'id-jag': { type: 'oauth-id-jag+jwt', tokenType: ID_JAG_TYPE, profile: 'id-jag' },
  'txn-token': { type: 'txntoken+jwt', tokenType: TXN_TOKEN_TYPE, profile: 'txn-token' },
}
