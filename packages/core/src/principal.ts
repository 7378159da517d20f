import { inspect } from 'node:util'
import type { Actor } from './actor.js'

/** A token's payload: parsed, frozen JSON. */
export type Claims = Readonly<Record<string, unknown>>

/** Merge into this to type `getAuth` for a whole application: `interface Register { claims: MyClaims }`. */
export interface Register {}

/** What `principal.claims` is where no verifier says otherwise. */
export type DefaultClaims = Register extends { readonly claims: infer C } ? C : Claims

/** The HTTP authentication scheme a token came under. */
export type Scheme = 'Bearer' | 'DPoP'

/** The time by the clock of the verifier that made the principal, in seconds since the epoch: for guards that judge ages. */
export let readNowSeconds: (principal: Principal<unknown>) => number

/** How many scopes the token named that are not among the principal's, because the issuer's `grants` cut them. */
export let countCutScopes: (principal: Principal<unknown>) => number

/** How many values of each kind an issuer's `grants` cut. Counts alone: the values are text that an issuer chose. */
export interface Cut {
  readonly scopes: number
  readonly roles: number
  readonly permissions: number
  readonly groups: number
}

/** All that was learnt of a token except the token: what a cache may hold. Nobody outside ever holds it; what it holds is frozen. */
export interface Verdict<C = unknown> {
  readonly issuer: string
  readonly subject: string
  readonly clientId: string | undefined
  readonly audience: readonly string[]
  readonly scopes: readonly string[]
  readonly roles: readonly string[]
  readonly permissions: readonly string[]
  readonly groups: readonly string[]
  readonly tenant: string | undefined
  readonly actor: Actor | undefined
  readonly actorHistory: readonly Actor[]
  readonly authenticatedAtSeconds: number | undefined
  readonly acr: string | undefined
  readonly amr: readonly string[]
  readonly expiresAtSeconds: number
  readonly claims: C
  readonly attributes: Readonly<Record<string, unknown>>
  readonly confirmation: Readonly<Record<string, unknown>> | undefined
  readonly header: Readonly<Record<string, unknown>>
  readonly payload: Claims
  /** What the issuer said beyond its grants; `undefined` where nothing was cut. */
  readonly cut?: Cut | undefined
}

/**
 * Who is calling, and what they may do: one object whatever the issuer. One instance a request, immutable.
 *
 * Identity is `issuer` *and* `subject` (RFC 7519 section 4.1.2): the same `subject` of another issuer is somebody else.
 * The token itself never shows in JSON, logs or `inspect`.
 */
export class Principal<C = DefaultClaims> {
  readonly #verdict: Verdict<C>
  readonly #token: string
  readonly #scheme: Scheme
  readonly #now: () => number

  /** Made once a token was judged, and by `withPrincipal` in tests. `now` is the clock of the verifier, in milliseconds. */
  constructor(verdict: Verdict<C>, token: string, scheme: Scheme, now: () => number = Date.now) {
    this.#verdict = verdict
    this.#token = token
    this.#scheme = scheme
    this.#now = now
  }

  static {
    readNowSeconds = (principal) => principal.#now() / 1_000
    countCutScopes = (principal) => principal.#verdict.cut?.scopes ?? 0
  }

  /** Tells a real principal from a look-alike object; never throws. */
  static isPrincipal(value: unknown): value is Principal<unknown> {
    return typeof value === 'object' && value !== null && #verdict in value
  }

  /** The issuer's canonical name. */
  get issuer(): string {
    return this.#verdict.issuer
  }
  /**
   * The `sub` claim, or what the mapping of the issuer takes in its place; unique within `issuer` alone. Revocations go by the claim:
   * `payload.sub`.
   */
  get subject(): string {
    return this.#verdict.subject
  }
  /** The client that the token was issued to: `client_id`, `azp`, `cid` or `appid`. */
  get clientId(): string | undefined {
    return this.#verdict.clientId
  }
  /** Everyone the token is meant for. */
  get audience(): readonly string[] {
    return this.#verdict.audience
  }
  /** Granted scopes, compared exactly (RFC 6749 section 3.3). */
  get scopes(): readonly string[] {
    return this.#verdict.scopes
  }
  get roles(): readonly string[] {
    return this.#verdict.roles
  }
  get permissions(): readonly string[] {
    return this.#verdict.permissions
  }
  get groups(): readonly string[] {
    return this.#verdict.groups
  }
  get tenant(): string | undefined {
    return this.#verdict.tenant
  }
  /** Who acts for the subject now: the outermost `act`. Earlier actors are information, never authority (RFC 8693 section 4.1). */
  get actor(): Actor | undefined {
    return this.#verdict.actor
  }
  /** Actors before the current one, the latest first. */
  get actorHistory(): readonly Actor[] {
    return this.#verdict.actorHistory
  }
  /** `auth_time`: seconds since the epoch. */
  get authenticatedAtSeconds(): number | undefined {
    return this.#verdict.authenticatedAtSeconds
  }
  get acr(): string | undefined {
    return this.#verdict.acr
  }
  get amr(): readonly string[] {
    return this.#verdict.amr
  }
  /** `exp`: seconds since the epoch. */
  get expiresAtSeconds(): number {
    return this.#verdict.expiresAtSeconds
  }
  /** The schema's output, or without a schema the payload. */
  get claims(): C {
    return this.#verdict.claims
  }
  get attributes(): Readonly<Record<string, unknown>> {
    return this.#verdict.attributes
  }
  /** The `cnf` claim, once possession was proven. */
  get confirmation(): Readonly<Record<string, unknown>> | undefined {
    return this.#verdict.confirmation
  }
  get scheme(): Scheme {
    return this.#scheme
  }
  /** The JOSE header. */
  get header(): Readonly<Record<string, unknown>> {
    return this.#verdict.header
  }
  get payload(): Claims {
    return this.#verdict.payload
  }
  /** The token as it came in, for calls on the user's behalf. A secret. */
  get token(): string {
    return this.#token
  }

  toJSON(): { issuer: string; subject: string; clientId: string | undefined; scopes: readonly string[] } {
    return { issuer: this.issuer, subject: this.subject, clientId: this.clientId, scopes: this.scopes }
  }
}

// Loggers and `console.log` see what JSON sees: never the token.
Object.defineProperty(Principal.prototype, inspect.custom, {
  value(this: unknown, _depth: number, options: object): string {
    // A logger may meet the prototype itself, or an object made from a principal: it must not fail over that.
    return Principal.isPrincipal(this) ? `Principal ${inspect(this.toJSON(), options)}` : 'Principal {}'
  },
})
