import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { AlgorithmName } from '../algorithms.js'
import type { ClaimPath } from '../claim-path.js'
import type { AuditRecorder, ReplayStore, RevocationStore } from '../ports.js'
import type { Logger, Runtime } from '../runtime.js'
import type { DpopMode, KeyCacheRules, Limits, NetworkRules, TokenProfile } from '../rules.js'
import type { Claims } from '../principal.js'
import type { GrantsOptions, MappingOptions } from './mapping-options.js'

/** A JSON Web Key Set as an issuer publishes it, RFC 7517 section 5. Private and symmetric keys in it are dropped. */
export interface Jwks {
  readonly keys: readonly object[]
}

/** For issuers whose access tokens carry no `aud`: a claim that must name this API instead. */
export interface ClaimAudience {
  /** Member names from the outside in. */
  readonly claim: ClaimPath
  /** The claim must be one of these, or an array that holds one of them. */
  readonly oneOf: readonly string[]
}

/** What binds a token to this API: values of `aud`, or a claim that stands in for it. */
export type Audience = string | readonly string[] | ClaimAudience

/** Where an issuer's keys come from. Without it they are discovered: OpenID Connect first, then RFC 8414. */
export type KeysOptions =
  | { readonly jwks: Jwks }
  | {
      readonly jwksUri: string
      /** Sent with every fetch of this key set, and to no other host. */
      readonly headers?: Readonly<Record<string, string>> | undefined
    }
  | { readonly discoveryUrl: string }

/** A claim that must be there: by its name alone, or with one of some values. */
export type RequiredClaim = string | ClaimAudience

/** One trusted issuer. */
export interface IssuerOptions {
  /**
   * The exact string of the `iss` claim. Never normalised: a trailing slash counts. Or a template with variables in its
   * path, `https://login.example/{tid}/v2.0`: each must equal the claim of its name, and `keys` must be given.
   */
  readonly issuer: string
  /** Where its keys come from. Default: they are discovered, by OpenID Connect, then by RFC 8414. */
  readonly keys?: KeysOptions | undefined
  /** What its tokens name this API. Default: the verifier's. */
  readonly audience?: Audience | undefined
  /** What it signs with. Default: the verifier's. */
  readonly algorithms?: readonly AlgorithmName[] | undefined
  /** What kind of token its tokens must be. Default `'access-token'`. */
  readonly tokenProfile?: TokenProfile | undefined
  /**
   * For `'id-token'`: the clients whose ID tokens are taken; `aud` must name one, and with `audienceMatch: 'exact'` nobody else. An
   * `audience` of the form `{ claim, oneOf }`, the verifier's too, must hold as well.
   */
  readonly clientIds?: readonly string[] | undefined
  /** Claims beyond those that the profile demands. */
  readonly requiredClaims?: readonly RequiredClaim[] | undefined
  /** How the claims become a principal. Default: the standard claims. */
  readonly mapping?: MappingOptions | undefined
  /** The most that this issuer can say. */
  readonly grants?: GrantsOptions | undefined
  /** Its own mode; the other members of the verifier's hold for all issuers. Default: the verifier's. */
  readonly dpop?: { readonly mode: DpopMode } | undefined
  /** Other exact strings that `iss` may be, for the few providers that sign with two names. Of a listed issuer alone. */
  readonly acceptedIssuers?: readonly string[] | undefined
}

/** Upper bounds on what a stranger may send. */
export type LimitsOptions = { readonly [K in keyof Limits]?: Limits[K] | undefined }

/** Bounds on outbound requests. */
export type NetworkOptions = {
  readonly [K in keyof Omit<NetworkRules, 'ca'>]?: NetworkRules[K] | undefined
} & {
  /** PEM of the certificate authorities to trust in place of the runtime's own. */
  readonly ca?: string | readonly string[] | undefined
}

/** How long key sets live, in milliseconds. */
export type KeyCacheOptions = { readonly [K in keyof KeyCacheRules]?: KeyCacheRules[K] | undefined }

/** What DPoP proofs must be, RFC 9449. */
export interface DpopOptions {
  /** `'required'`: every token must be bound. `'allowed'`: a bound token must be proven. `'off'`: bound tokens are refused. */
  readonly mode: DpopMode
  /** What clients may sign proofs with. Default: every algorithm of the table. */
  readonly algorithms?: readonly AlgorithmName[] | undefined
  /** Largest age of a proof without a nonce. Default 300, at most 3,600. */
  readonly maxAgeSeconds?: number | undefined
  /** How far a client's clock may be ahead. Default 10, at most 60. */
  readonly futureSkewSeconds?: number | undefined
  /** Demands a nonce of ours in each proof; no store is needed for them. */
  readonly nonce?: NonceOptions | undefined
}

/** How nonces are made, RFC 9449 section 9. */
export interface NonceOptions {
  /** At least 32 bytes each; the first signs, all verify. Required with a shared replay store, else made for this process. */
  readonly secrets?: readonly (string | Uint8Array)[] | undefined
  /** A nonce is taken in its slot and the next one. Default 60, from 10 to 3,600. */
  readonly slotSeconds?: number | undefined
  /** Where replay stores differ by region, a nonce of one is refused in another. Default: none. */
  readonly region?: string | undefined
}

/** The options of `createVerifier`. Validated once, at construction; `undefined` counts as absent; unknown names are errors. */
export interface VerifierOptions<C = Claims> {
  /** Who this API is: the value that tokens name in `aud`. An issuer's own wins. */
  readonly audience: Audience
  /** `'any'` (default): `aud` names us among others. `'exact'`: `aud` names nobody but us. */
  readonly audienceMatch?: 'any' | 'exact' | undefined
  /** The issuers to trust: a URL to discover from, or an object. May be empty beside `resolveIssuer`. */
  readonly issuers: readonly (string | IssuerOptions)[]
  /**
   * Says whether an issuer that is not listed is trusted, and how: for tenants that come and go. Given nothing but https
   * URLs of at most 2,048 characters, which strangers choose: it must look the string up, never build a URL from it. Keys
   * are then fetched from public addresses alone. At most eight calls at once, three seconds each; it throwing is an
   * outage (503).
   */
  readonly resolveIssuer?:
    | ((issuer: string) => IssuerOptions | undefined | Promise<IssuerOptions | undefined>)
    | undefined
  /** Any Standard Schema; sees the payload, and its output becomes `principal.claims`. */
  readonly claims?: StandardSchemaV1<unknown, C> | undefined
  /** What issuers may sign with. Default: every algorithm of the table. */
  readonly algorithms?: readonly AlgorithmName[] | undefined
  /** How far clocks may disagree, 0 to 60. Default 5. */
  readonly clockToleranceSeconds?: number | undefined
  /** Largest age by `iat`, which is then required. Default: none. */
  readonly maxTokenAgeSeconds?: number | undefined
  /** Largest `exp - iat`; `iat` is then required. Default: none. */
  readonly maxTokenLifetimeSeconds?: number | undefined
  /** Upper bounds on what a stranger may send. */
  readonly limits?: LimitsOptions | undefined
  /** Bounds on outbound requests. */
  readonly network?: NetworkOptions | undefined
  /** How long key sets live, in milliseconds. */
  readonly keyCache?: KeyCacheOptions | undefined
  /**
   * How many verified tokens are remembered, by hash and without the token. Once so many are, another one gets in as it comes a second
   * time. Default 5,000; `false` for none.
   */
  readonly tokenCache?: false | { readonly maxEntries?: number | undefined } | undefined
  /** Asked on every request whether the token was revoked. */
  readonly revocationStore?: RevocationStore | undefined
  /** Proof of possession, RFC 9449. Needs `replayStore`, and `publicUrl`. Default: off, and bound tokens are refused. */
  readonly dpop?: DpopOptions | undefined
  /** Remembers which proofs were used. Shared by every instance, or a proof works once on each. */
  readonly replayStore?: ReplayStore | undefined
  /**
   * Where every verdict is recorded, every denial of a guard, replays, and what becomes of key sets. What cannot be recorded changes
   * no verdict. Default: nowhere.
   */
  readonly audit?: AuditRecorder | undefined
  /**
   * Where an operator is told what a client must not learn: why each request was refused (`debug`); how keys fare, and once a minute what
   * refuses requests for no fault of theirs, such as a store that is away (`warn`); what was answered with 500 (`error`). Default: silent.
   */
  readonly logger?: Logger | undefined
  /** Stands in every challenge. Default `'api'`. */
  readonly realm?: string | undefined
  /**
   * Where clients reach this API, with a path prefix where there is one. The first builds URLs and metadata. Plain http on this machine
   * alone, and on hosts of `network.dangerouslyAllowHttpHosts`.
   */
  readonly publicUrl?: string | readonly string[] | undefined
  /** Takes the `Host` field for the public URL. Only behind a proxy that lets no other host through. Default `false`. */
  readonly dangerouslyTrustRequestHost?: boolean | undefined
  /**
   * Reaches what `resolveIssuer` names at any address, as what `issuers` lists. Only where nobody but you gets names into that directory:
   * a tenant's may lead into your own network. Default `false`: at public addresses alone, and on this machine where `network.allowInsecureLoopback`
   * is set.
   */
  readonly dangerouslyTrustResolvedHosts?: boolean | undefined
  /** Clocks and network, for tests and unusual hosts. Default: those of this process, and the guarded fetch. */
  readonly runtime?: Partial<Runtime> | undefined
}
