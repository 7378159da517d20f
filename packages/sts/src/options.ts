import type {
  AuditRecorder,
  DpopOptions,
  KeyCacheOptions,
  Logger,
  NetworkOptions,
  ReplayStore,
  RevocationStore,
  Runtime,
  SubjectTokenVerifier,
  Verifier,
} from '@countersign/core'
import type { ClientOptions } from './clients/client.js'
import type { ExperimentalOptions } from './experimental/options.js'
import type { SigningAlgorithm, SigningKeys } from './keys/signing-keys.js'
import type { PolicyRule } from './policy/rule.js'

/** Where revocations of our own tokens are written: shared, if there are several replicas. */
export interface TokenRevocations extends RevocationStore {
  /** Revokes one token by its `jti`, until it expires, and as much longer as clocks may be apart. Seconds since the epoch. */
  revokeToken(token: {
    readonly issuer: string
    readonly tokenId: string
    readonly expiresAtSeconds?: number | undefined
  }): void | Promise<void>
}

/**
 * An issuer that we take tokens from, and for what. `client`: its tokens are assertions that authenticate workloads. `subject`:
 * its tokens are what is exchanged. Never both: one token must not serve as assertion and as grant.
 */
export type TrustRecord = ClientTrust | SubjectTrust

/** Trust in the workload tokens of an issuer: they authenticate clients, and are never exchanged. */
export interface ClientTrust {
  readonly use: 'client'
  /** As the given verifier knows it. */
  readonly issuer: string
}

/** Trust in the users (or services) of an issuer: they may be the subject, or the actor, of an exchange. */
export interface SubjectTrust {
  /** `subject`: its tokens are what is exchanged. */
  readonly use: 'subject'
  /** As the given verifier knows it. */
  readonly issuer: string
  /** What its tokens may be called in a request. Default: `jwt` alone. */
  readonly tokenTypes?: readonly ('jwt' | 'id_token' | 'access_token')[] | undefined
  /** Who its tokens, other than ID tokens, may be meant for instead of this service: values of `aud`. Default: this service's issuer identifier alone. */
  readonly audiences?: readonly string[] | undefined
  /** `from-policy`: of its tokens that carry no scopes, a rule's own are what there is. Default `from-token`. */
  readonly subjectScopes?: 'from-token' | 'from-policy' | undefined
  /** What its `acr` values are called here. One that is not listed is not passed on. */
  readonly acr?: Readonly<Record<string, string>> | undefined
  /** What its `amr` values are called here. One that is not listed is not passed on. */
  readonly amr?: Readonly<Record<string, string>> | undefined
}

/** What tokens are issued for: an API, or the token service of another domain. */
export interface TargetOptions {
  /**
   * `api`: takes access tokens. `authorization-server`: takes grants, which it redeems for tokens of its own (identity chaining):
   * an exchange gives a JWT for it alone, for RFC 7523, good for 60 s. Default `api`.
   */
  readonly kind?: 'api' | 'authorization-server' | undefined
  /** The one `aud` of its tokens; of an authorization server its issuer identifier. */
  readonly audience: string
  /** Resource URIs that mean this target (RFC 8707), beside its name and its audience. */
  readonly resources?: readonly string[] | undefined
  /** Every scope that it knows. */
  readonly scopes: readonly string[]
  /**
   * How long its tokens live, in seconds, 10 to 3,600, and no longer than the signing keys' `maxTokenLifetimeSeconds`. Default 300; for an
   * authorization server 60, at most 300.
   */
  readonly tokenLifetimeSeconds?: number | undefined
  /** What signs its tokens, one of the signing keys' algorithms. Default: the first one that they have. */
  readonly algorithm?: SigningAlgorithm | undefined
  /**
   * What `sub` is for a subject of another issuer. `pairwise`: base64url(SHA-256(lp(iss) ‖ lp(sub))). `same`: as it came, possible only
   * where exactly one issuer reaches this target. Default `pairwise`.
   */
  readonly subject?: 'pairwise' | 'same' | undefined
  /** Mapped claims that its tokens may carry, by name. Default: none. */
  readonly claims?: readonly string[] | undefined
}

/** Options of a token service. */
export interface TokenServiceOptions {
  /** The issuer identifier: an https URL without query and fragment (RFC 8414 section 2). Endpoints stand below it. */
  readonly issuer: string
  /** What tokens are signed with, as `createSigningKeys` makes them. Never closed here. */
  readonly signingKeys: SigningKeys
  /**
   * Verifies tokens of other issuers. Its audience is this service's issuer identifier, and whatever trust records name in `audiences`.
   * Never closed here.
   */
  readonly verifier?: Verifier<unknown> | undefined
  /** For subject tokens that are no JWTs. */
  readonly subjectTokenVerifiers?: readonly SubjectTokenVerifier[] | undefined
  /** Whose tokens are taken, and for what: one record for each issuer of the verifier that matters here. Default: none. */
  readonly trust?: readonly TrustRecord[] | undefined
  /** Who may ask for tokens. */
  readonly clients: readonly ClientOptions[]
  /** By name: what `audience` names in a request. */
  readonly targets: Readonly<Record<string, TargetOptions>>
  /** Who may get a token for what: rules as data. */
  readonly policy: { readonly id: string; readonly rules: readonly PolicyRule[] }
  /**
   * Has the event of every exchange and grant before its answer goes out: what cannot be recorded is not issued (503). Introspections
   * and revocations are told, and not waited for.
   */
  readonly audit: AuditRecorder
  /** Remembers client assertions, proofs and grants that may be used once. Shared, if there are several replicas. */
  readonly replayStore: ReplayStore
  /** Asked about every token that is presented; what `/revoke` writes to. Without it there is no such endpoint. */
  readonly revocations?: TokenRevocations | undefined
  /** Profiles that are drafts. Default: none. */
  readonly experimental?: ExperimentalOptions | undefined
  /** The deepest chain of actors. Default 5. */
  readonly maxActorDepth?: number | undefined
  /** A token that would live shorter than this is not issued, in seconds. Default 10. */
  readonly minTokenLifetimeSeconds?: number | undefined
  /** How far clocks may disagree, at most 60. Default 5. */
  readonly clockToleranceSeconds?: number | undefined
  /** What DPoP proofs at the token endpoint must be, RFC 9449. They are always taken. */
  readonly dpop?: Omit<DpopOptions, 'mode'> | undefined
  /** How key sets of clients are fetched. `allowInsecureLoopback` also lets `issuer` be plain http on this machine. */
  readonly network?: NetworkOptions | undefined
  /** How long key sets of clients live. */
  readonly keyCache?: KeyCacheOptions | undefined
  /**
   * Where an operator is told what a client must not learn: why each request was refused (`debug`); mistakes (`error`); and what is away,
   * once a minute for each reason (`error`). Default: silent.
   */
  readonly logger?: Logger | undefined
  /** Clocks and network, for tests. Default: those of this process, and the guarded fetch. */
  readonly runtime?: Partial<Runtime> | undefined
}
