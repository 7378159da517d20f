import type { KeysOptions } from '@countersign/core'

/**
 * Profiles that are drafts: each option is named after the draft that it follows, and goes when that draft does. No promise of
 * versions covers them.
 */
export interface ExperimentalOptions {
  /** Identity assertion JWT authorization grants: draft-ietf-oauth-identity-assertion-authz-grant-03. */
  readonly idJagDraft03?:
    | {
        /**
         * Issues them: by the name of a target of kind `authorization-server`, what each of our clients is called there. A client
         * that is not listed gets none.
         */
        readonly clientIds?: Readonly<Record<string, Readonly<Record<string, string>>>> | undefined
        /**
         * Takes them, on the JWT bearer grant: whose, and the keys of those. Each needs a trust record for subjects. `requiredClaims` and
         * `grants` of the verifier are not asked about them.
         */
        readonly issuers?: readonly { readonly issuer: string; readonly keys: KeysOptions }[] | undefined
      }
    | undefined
  /** Transaction tokens: draft-ietf-oauth-transaction-tokens-08. */
  readonly transactionTokensDraft08?:
    | {
        /** By the name of a target whose `audience` is the trust domain: it is then given transaction tokens and nothing else. */
        readonly trustDomains: Readonly<
          Record<
            string,
            {
              /** Members of `request_context` that go into `rctx`. Default: none. */
              readonly context?: readonly string[] | undefined
              /** Members of `request_details` that go into `tctx`. Default: none. */
              readonly details?: readonly string[] | undefined
            }
          >
        >
      }
    | undefined
}
