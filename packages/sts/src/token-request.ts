import type { Claims, Principal } from '@countersign/core'
import type { ClientAuthenticationMethod, ResolvedClient } from './clients/client.js'

/** The parameters of a token request: read strictly, each at most once but `resource` and `audience`, none empty. */
export interface TokenParameters {
  readonly grantType: string
  /** Every other parameter that may stand once, by its name on the wire. */
  readonly values: ReadonlyMap<string, string>
  /** RFC 8707 section 2, RFC 8693 section 2.1. */
  readonly resources: readonly string[]
  /** RFC 8693 section 2.1. */
  readonly audiences: readonly string[]
  /** Each scope once, in the order of the request; `undefined` where none was asked for. */
  readonly scopes: readonly string[] | undefined
}

/** Keys whose possession the requester has proven with this very request. */
export interface Possession {
  /** Thumbprint of the key of its DPoP proof, RFC 9449 section 5. */
  readonly jkt?: string | undefined
  /** Thumbprint of its TLS client certificate, RFC 8705 section 3. */
  readonly 'x5t#S256'?: string | undefined
}

/** A client that has proven who it is. Only client authentication makes one. */
export interface AuthenticatedClient {
  readonly registration: ResolvedClient
  readonly method: ClientAuthenticationMethod
  /** The `kid` it signed with, where it did. */
  readonly keyId: string | undefined
  /** For a workload: who its token says it is. */
  readonly workload: Principal<Claims> | undefined
}

/** One request at the token endpoint, once parsed and its client authenticated: what every grant starts from. */
export interface TokenRequest {
  /** Ours, for the audit trail. */
  readonly id: string
  readonly parameters: TokenParameters
  readonly client: AuthenticatedClient
  readonly possession: Possession
  readonly remoteAddress: string | undefined
  /** When it came, in milliseconds since the epoch: before anything was asked about it. What is issued is issued as of then. */
  readonly startedAtMs: number
}

/** RFC 6749 section 5.1 and RFC 8693 section 2.2.1. */
export interface TokenResponse {
  readonly access_token: string
  readonly token_type: 'Bearer' | 'DPoP' | 'N_A'
  /** Seconds. */
  readonly expires_in: number
  readonly scope: string
  readonly issued_token_type?: string | undefined
}
