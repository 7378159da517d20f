import type { JSONWebKeySet, JWK } from 'jose'
import type { TestAlgorithm } from './algorithms.js'
import type { Endpoint, IssuerAnswer, IssuerRequest } from './answer.js'
import type { Clock } from './clock.js'
import type { RotateOptions } from './key-ring.js'
import type { TestKey } from './keys.js'
import type { ListenOptions, TestEndpoint } from './listen.js'
import type { OutageKind, OutageOptions } from './outage-answers.js'
import type { ServingOptions } from './responder.js'
import type { TestRuntime } from './runtime.js'
import type { EncodedSigningOptions, RawToken, TestClaims, TokenOptions } from './tokens.js'

/** What `createTestIssuer` can be told. */
export interface TestIssuerOptions extends ServingOptions {
  /** The issuer, exactly as tokens and metadata say it. Without one, {@link TestIssuer.listen} gives it a loopback URL. */
  readonly issuer?: string | undefined
  /** The path of the loopback URL of an issuer without a name, such as `/realms/acme`; by default none. */
  readonly path?: string | undefined
  /** One key for each; the first signs where nothing else is said. By default `['ES256']`. */
  readonly algorithms?: readonly TestAlgorithm[] | undefined
  /** The default `aud` of tokens; by default `https://api.example.com`. */
  readonly audience?: string | readonly string[] | undefined
  /** Shared between issuers of one runtime; by default the clocks of the process. */
  readonly clock?: Clock | undefined
  /** By default `<issuer>/jwks`. */
  readonly jwksUri?: string | undefined
  /** Metadata members in place of the default ones; one given as `undefined` is left out. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined
}

/** A request that reached the issuer. */
export interface TestRequest extends IssuerRequest {
  readonly endpoint: Endpoint
  /** The outage it met. */
  readonly outage?: OutageKind | undefined
  /** By the issuer's wall clock, in milliseconds since the epoch. */
  readonly atMs: number
}

/** An issuer with keys, tokens and documents, in memory and over real connections. */
export interface TestIssuer {
  /**
   * The issuer as tokens and metadata say it.
   *
   * @throws Error where it was created without a name and does not listen yet
   */
  readonly issuer: string
  /** Where the key set stands. */
  readonly jwksUri: string
  /** The published set as plain JSON: a copy of what it is now. */
  readonly jwks: JSONWebKeySet
  /** Every key pair that the issuer ever made, the oldest first, withdrawn ones too. */
  readonly keys: readonly TestKey[]
  /** The metadata as it is served now. Assigning replaces the members of {@link TestIssuerOptions.metadata}. */
  metadata: Readonly<Record<string, unknown>>
  /**
   * Every request that reached the issuer, in memory or over a connection, the oldest first.
   * In memory those that meet `down` are there too; over a connection the system refuses them before they can be.
   */
  readonly requests: readonly TestRequest[]
  readonly clock: Clock
  /** The clocks and a network that knows this issuer alone: for `createVerifier({ runtime })`. */
  readonly runtime: TestRuntime

  /**
   * Signs an access token: header `alg`, `kid`, `typ: at+jwt`; claims `iss`, `sub`, `client_id`, `aud`, `iat`, `exp`, `jti`.
   * RFC 9068 section 2.
   *
   * @throws TypeError where the issuer has no key for what is asked, for an option that does not exist, and for a lifetime
   *   that is no finite number
   */
  token(claims?: TestClaims, options?: TokenOptions): Promise<string>
  /** Signs the two parts as they are given, for hostile tokens: duplicate members, broken JSON, foreign encodings. */
  signRaw(raw: RawToken): Promise<string>
  /** Signs a text as it is given, one that is no proper `header.payload` too, and appends the signature. */
  signEncoded(signingInput: string, options?: EncodedSigningOptions): Promise<string>

  /** Makes new keys that sign from now on; resolves with them. */
  rotate(options?: RotateOptions): Promise<readonly TestKey[]>
  /**
   * Takes every key of this name out of the set; `token(…, { kid })` still signs with it.
   *
   * @throws TypeError where no published key has the name
   */
  withdraw(kid: string): void
  /** Adds an entry to the set as it is given: another key, a broken one, a duplicate `kid`. Does not check it. */
  publish(jwk: JWK | Readonly<Record<string, unknown>>): void
  /** Changes how the documents are served; what is not named stays, what is `undefined` has its default again. */
  configure(options: ServingOptions & { readonly jwksUri?: string | undefined }): void

  /**
   * Fails from now on, in memory and on every endpoint that listens, until {@link TestIssuer.recover}; another outage at
   * the same documents takes its place. Resolves once `down` has shut the ports; everything else holds at once.
   *
   * @throws TypeError (as a rejection) where there is no such outage
   */
  outage(kind: OutageKind, options?: OutageOptions): Promise<void>
  /** Ends every outage; resolves once shut ports are open again. */
  recover(): Promise<void>

  /** Opens a real endpoint that serves discovery and the key set. Rejects where the address cannot be bound. */
  listen(options?: ListenOptions): Promise<TestEndpoint>
  /** Whether the URL is one of those the issuer serves. */
  serves(url: string): boolean
  /** Records a request and decides what becomes of it: the one answerer behind memory and connections. */
  handle(request: IssuerRequest, endpoint?: Endpoint): IssuerAnswer
  /** Closes every endpoint and destroys its connections. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
