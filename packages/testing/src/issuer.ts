import type { JSONWebKeySet, JWK } from 'jose'
import type { TestAlgorithm } from './algorithms.js'
import type { Endpoint, IssuerAnswer, IssuerRequest } from './answer.js'
import { systemClock } from './clock.js'
import type { Clock } from './clock.js'
import { createKeyRing } from './key-ring.js'
import type { RotateOptions } from './key-ring.js'
import type { TestKey } from './keys.js'
import { openListener } from './listen.js'
import type { Listener, ListenOptions, TestEndpoint } from './listen.js'
import { toDefaultJwksUri, toMetadata } from './metadata.js'
import { respond, isServed, toEndpoint } from './responder.js'
import type { ResponderState, ServingOptions } from './responder.js'
import { testRuntime } from './runtime.js'
import type { TestRuntime } from './runtime.js'
import { createTokenSigner } from './tokens.js'
import type { EncodedSigningOptions, RawToken, TestClaims, TokenOptions } from './tokens.js'

/** What {@link createTestIssuer} can be told. */
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
  /** Every request that reached the issuer, in memory or over a connection, the oldest first. */
  readonly requests: readonly TestRequest[]
  readonly clock: Clock
  /** The clocks and a network that knows this issuer alone: for `createVerifier({ runtime })`. */
  readonly runtime: TestRuntime

  /**
   * Signs an access token: header `alg`, `kid`, `typ: at+jwt`; claims `iss`, `sub`, `client_id`, `aud`, `iat`, `exp`, `jti`.
   * RFC 9068 section 2.
   *
   * @throws TypeError where the issuer has no key for what is asked
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

  /** Opens a real endpoint that serves discovery and the key set. Rejects where the address cannot be bound. */
  listen(options?: ListenOptions): Promise<TestEndpoint>
  /** Whether the URL is one of those the issuer serves. */
  serves(url: string): boolean
  /** Records a request and decides what becomes of it: the one answerer behind memory and connections. */
  handle(request: IssuerRequest): IssuerAnswer
  /** Closes every endpoint and destroys its connections. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Creates an issuer for tests: production names in memory, or a loopback endpoint.
 *
 * @throws TypeError (as a rejection) where an algorithm is unknown or named twice, or the issuer is no URL
 */
export async function createTestIssuer(options: TestIssuerOptions = {}): Promise<TestIssuer> {
  const { clock = systemClock, audience = 'https://api.example.com' } = options
  let name = options.issuer
  if (name !== undefined && !URL.canParse(name)) throw new TypeError(`issuer wants a URL, got ${JSON.stringify(name)}`)
  let jwksUri = options.jwksUri
  let overrides = options.metadata ?? {}
  let serving: ServingOptions = options
  const ring = await createKeyRing(options.algorithms ?? ['ES256'])
  const requests: TestRequest[] = []
  const listeners: Listener[] = []

  const state: ResponderState = {
    get issuer() {
      if (name === undefined) throw new Error('This issuer has no name yet: pass { issuer } or await listen() first')
      return name
    },
    get jwksUri() {
      return jwksUri ?? toDefaultJwksUri(state.issuer)
    },
    get metadata() {
      const defaults = toMetadata(state.issuer, state.jwksUri, ring.algorithms)
      return { ...defaults, ...overrides }
    },
    get jwks() {
      return ring.toJwks()
    },
    get serving() {
      return serving
    },
  }
  const signer = createTokenSigner({
    get issuer() {
      return state.issuer
    },
    audience,
    clock,
    ring,
  })
  const close = async () => {
    await Promise.all(listeners.splice(0).map((listener) => listener.close()))
  }

  const issuer: TestIssuer = {
    get issuer() {
      return state.issuer
    },
    get jwksUri() {
      return state.jwksUri
    },
    get jwks() {
      return state.jwks
    },
    keys: ring.keys,
    get metadata() {
      return structuredClone(state.metadata)
    },
    set metadata(members) {
      overrides = members
    },
    requests,
    clock,
    get runtime() {
      return runtime
    },
    token: signer.token,
    signRaw: signer.signRaw,
    signEncoded: signer.signEncoded,
    rotate: ring.rotate,
    withdraw: ring.withdraw,
    publish: ring.publish,
    configure(changes) {
      if ('jwksUri' in changes) jwksUri = changes.jwksUri
      serving = { ...serving, ...changes }
    },
    async listen(listenOptions = {}) {
      const listener = await openListener(issuer.handle, listenOptions)
      listeners.push(listener)
      if (options.issuer === undefined) name = `${listener.url}${options.path ?? ''}`
      return listener
    },
    serves: (url) => isServed(state, url),
    handle(request) {
      requests.push({ ...request, endpoint: toEndpoint(state, request.url), atMs: clock.now() })
      return respond(state, request)
    },
    close,
    [Symbol.asyncDispose]: close,
  }
  const runtime = testRuntime(issuer)
  return issuer
}
