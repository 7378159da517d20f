import type { Jwks } from '@countersign/core'
import type { Condition, GrantName } from '../policy/rule.js'

/** How a client proves who it is: RFC 7523 section 3, RFC 8705 section 2, RFC 6749 section 2.3.1; `workload`: a token of a trusted issuer. */
export type ClientAuthenticationMethod =
  | 'private_key_jwt'
  | 'tls_client_auth'
  | 'self_signed_tls_client_auth'
  | 'client_secret_basic'
  | 'client_secret_post'
  | 'workload'

/** The one way in which a client proves who it is. */
export type ClientAuthenticationOptions =
  | { readonly method: 'private_key_jwt'; readonly keys: { readonly jwks: Jwks } | { readonly jwksUri: string } }
  /**
   * Exactly one of them, and the certificate must have it; its chain is checked by the TLS server. `subjectDn` as RFC 4514 writes it,
   * non-ASCII as it is: what `openssl x509 -subject -nameopt RFC2253,-esc_msb` prints.
   */
  | {
      readonly method: 'tls_client_auth'
      readonly subjectDn?: string | undefined
      readonly dnsName?: string | undefined
      readonly uri?: string | undefined
    }
  /** base64url SHA-256 thumbprints of certificates, any of which. */
  | { readonly method: 'self_signed_tls_client_auth'; readonly thumbprints: readonly string[] }
  /** Secrets as text of at least 32 characters, any of which: two, while one is replaced. */
  | { readonly method: 'client_secret_basic' | 'client_secret_post'; readonly secrets: readonly string[] }
  /**
   * A token of an issuer with a trust record of `use: 'client'`, meant for this service alone. Every condition must hold, and one must
   * pin a claim that never changes hands to a single value: `repository_id`, not `repository`. It may be used as often as it lives,
   * until `revocations` of the service says that it was revoked.
   */
  | { readonly method: 'workload'; readonly issuer: string; readonly claims: readonly Condition[] }

/** A client of the token service. There are no public ones: whoever could steal a token could upgrade it. */
export interface ClientOptions {
  /** What requests, rules and events call it. */
  readonly clientId: string
  readonly authentication: ClientAuthenticationOptions
  /** The grants that it may use. Default: `token-exchange` alone. */
  readonly grants?: readonly GrantName[] | undefined
  /** What it may present, by the last part of the URN. Default `access_token` and `jwt`. */
  readonly subjectTokenTypes?: readonly string[] | undefined
  /**
   * What it is called where tokens are meant for it: values of `aud` that are this client, beside its client id. Each belongs to
   * one client. Default: none.
   */
  readonly audiences?: readonly string[] | undefined
  /** Its tokens must be bound to its key: RFC 9449 section 5.2. Default false. */
  readonly requireBoundTokens?: boolean | undefined
}

/** A client as it was registered, checked, its defaults filled in. */
export interface ResolvedClient {
  readonly clientId: string
  readonly method: ClientAuthenticationMethod
  readonly grants: readonly GrantName[]
  /** Full URNs. */
  readonly subjectTokenTypes: readonly string[]
  /** Every `aud` that is this client, its client id first. */
  readonly audiences: readonly string[]
  readonly requireBoundTokens: boolean
}
