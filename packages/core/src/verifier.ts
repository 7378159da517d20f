import type { AuthRequest, FetchRequest, IncomingRequest } from './auth-request.js'
import type { Explanation } from './explain-token.js'
import type { CountersignError, ErrorDetail } from './errors.js'
import type { KeySourceHealth } from './ports.js'
import type { Claims, Principal, Scheme } from './principal.js'

/** What `ready()` found of one issuer. */
export interface IssuerReadiness {
  readonly issuer: string
  readonly ok: boolean
  /** Why not: a reason of the error table. */
  readonly reason: string | undefined
  /** What is known of why: `cause`, the reason of the read that failed, and its `url`, `code` or `status`. */
  readonly detail: ErrorDetail | undefined
}

/** What `ready()` found. */
export interface Readiness {
  /** Whether every listed issuer has usable keys. */
  readonly ok: boolean
  readonly issuers: readonly IssuerReadiness[]
}

/** One issuer's health. */
export interface IssuerHealth extends KeySourceHealth {
  readonly issuer: string
}

/** How a bare token is verified. */
export interface VerifyOptions {
  /**
   * Takes a token that is bound to a key without asking for the key: whoever calls must then compare `principal.confirmation`
   * with what was proven to them, or a stolen bound token is as good as a bearer token. For token services. Default `false`.
   */
  readonly dangerouslySkipBinding?: boolean | undefined
}

/** Verifies tokens and requests against one policy. Made by `createVerifier`; whoever made it closes it. */
export interface Verifier<C = Claims> {
  /**
   * Verifies a bare token, outside any request. A token bound to a key (`cnf`) is refused: nothing here can prove possession.
   * An issuer whose tokens must be bound is held to that in any case.
   *
   * @throws AuthenticationError with the `reason`, always 401
   * @throws UpstreamError where keys cannot be had: 503, never the token's fault
   */
  verify(token: string, options?: VerifyOptions): Promise<Principal<C>>
  /** Judges a request: its `Authorization` field, and what proves possession. Throws as `verify` does, 400 for malformed requests. */
  authenticate(request: AuthRequest | IncomingRequest | FetchRequest): Promise<Principal<C>>
  /** Loads the keys of every listed issuer, eight at once. Never rejects. */
  ready(): Promise<Readiness>
  /** How each issuer's keys stand. */
  health(): readonly IssuerHealth[]
  /** The resolved policy as plain data, fit to print. */
  explain(): Readonly<Record<string, unknown>>
  /** Each check's result for a bare token, and where each field of the principal came from. Fit to print. Never rejects. */
  explain(token: string): Promise<Explanation>
  /**
   * A fresh error with the headers of the answer on it: for integrations beyond the adapters. What is not ours becomes 500.
   * `scheme` is the one that the request used, where it used one.
   */
  refuse(error: unknown, scheme?: Scheme): CountersignError
  /** Fields to put on the answer to an accepted request: a new `DPoP-Nonce` where the one in use is ageing. */
  responseHeaders(request: AuthRequest): Readonly<Record<string, string>>
  /** Where clients reach this API: the first that is configured. */
  readonly publicUrl: string | undefined
  /** Builds the neutral view of a request, with its URL as this verifier's configuration has it. */
  toAuthRequest(request: IncomingRequest | FetchRequest, target?: string): AuthRequest
  /** The listed issuers that are URLs: where a client can get a token for this API. */
  readonly authorizationServers: readonly string[]
  /** What proofs of possession are signed with, and whether every token needs one; `undefined` where none is taken. */
  readonly proofs: { readonly algorithms: readonly string[]; readonly required: boolean } | undefined
  /** From now on challenges carry this URL as `resource_metadata` (RFC 9728 section 5.1). `protectedResourceMetadata` calls it. */
  advertise(resourceMetadataUrl: string): void
  /** Stops refreshing. Idempotent. */
  close(): Promise<void>
}
