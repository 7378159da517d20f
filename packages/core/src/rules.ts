import type { AlgorithmName } from './algorithms.js'
import type { ClaimPath } from './claim-path.js'
import type { GrantRules, Mapper } from './mapping/mapped.js'
import type { MappingOptions } from './options/mapping-options.js'
import type { Nonces } from './http/nonces.js'
import type { AuditRecorder, ReplayStore } from './ports.js'
import type { Logger, Runtime } from './runtime.js'

/** Which kind of token an issuer's tokens must be. */
export type TokenProfile = 'access-token' | 'rfc9068' | 'id-token'

/** A claim that must be a string among these, or an array that holds one of them. */
export interface ClaimRule {
  readonly path: ClaimPath
  readonly oneOf: readonly string[] | undefined
  /** Whether an array that holds one of the values will not do. Default `false`. */
  readonly single?: boolean
}

/** What binds a token to this API. */
export interface AudienceRule {
  /** Values of which `aud` must name one (`any`), or nothing but these (`exact`). Empty: a token with `aud` is refused. */
  readonly values: readonly string[]
  readonly match: 'any' | 'exact'
  /** For issuers whose access tokens have no `aud`: the claim that stands in for it. Where `aud` is present both must hold. */
  readonly claim: ClaimRule | undefined
}

/** One issuer's resolved rules, without its keys. */
export interface IssuerRules {
  /** The canonical name: principal, revocation and audit use it. */
  readonly issuer: string
  /** Every string that `iss` may be, the canonical one first. Compared exactly. */
  readonly acceptedIssuers: readonly string[]
  readonly audience: AudienceRule
  readonly algorithms: ReadonlySet<AlgorithmName>
  readonly tokenProfile: TokenProfile
  readonly clientIds: readonly string[]
  readonly requiredClaims: readonly ClaimRule[]
  /** Whether the configuration lists this very issuer: not by a template, and not by `resolveIssuer`. */
  readonly listed: boolean
  readonly map: Mapper
  /** What `map` was compiled from, to explain it by. */
  readonly mapping: MappingOptions | undefined
  readonly grants: GrantRules
  readonly dpopMode: DpopMode
  /** What an unlisted issuer's tenant is: from its entry, or the variable of its template. */
  readonly tenant: string | undefined
}

/** Upper bounds on what a stranger may send. Bytes count the token's text, which is ASCII. */
export interface Limits {
  /** Longest token. Default 8,192, from 256 to 65,536. */
  readonly tokenBytes: number
  /** Longest header of a token, decoded. Default 2,048, from 64 to 16,384. */
  readonly headerBytes: number
  /** Deepest nesting of a header and of a payload. Default 16, from 2 to 64. */
  readonly jsonDepth: number
  /** Most members of a header and of a payload, those of nested objects included. Default 256, from 8 to 4,096. */
  readonly jsonMembers: number
}

/** Bounds on every outbound request. */
export interface NetworkRules {
  /** Total deadline of one request in milliseconds: name look-up, connection, headers and body. Default 3,000, from 1 to 60,000. */
  readonly timeoutMs: number
  /** Largest body in bytes, after decompression. Default 524,288, from 1,024 to 16,777,216. */
  readonly maxBytes: number
  /** Allows plain http to loopback addresses. Default `false`. */
  readonly allowInsecureLoopback: boolean
  /** PEM of the certificate authorities to trust in place of the runtime's own. Default: those. */
  readonly ca: readonly string[] | undefined
  /** An HTTP proxy that every request goes through, in a `CONNECT` tunnel. A name and password in it are sent to it. Default: none. */
  readonly proxyUrl: string | undefined
  /** Host names (with port where it is not the default) that may be reached over plain http. Default: none. */
  readonly dangerouslyAllowHttpHosts: readonly string[]
}

/** How long a key set lives. All in milliseconds. */
export interface KeyCacheRules {
  /** Least lifetime of a set, whatever `Cache-Control` says; at 80 % of its lifetime a set is read again. Default 60,000. */
  readonly minAgeMs: number
  /** Lifetime where `Cache-Control` says nothing. Default 300,000. */
  readonly defaultAgeMs: number
  /** Largest lifetime, whatever `Cache-Control` says. Default 3,600,000. */
  readonly maxAgeMs: number
  /** Least time between two fetches that an unknown `kid` provokes. Default 5,000. */
  readonly cooldownMs: number
  /** How long keys are used past their lifetime while the refresh fails. Default 3,600,000. */
  readonly maxStaleMs: number
}

/** Whether a token must be, may be or cannot be bound to a key by DPoP. */
export type DpopMode = 'required' | 'allowed' | 'off'

/** What a DPoP proof must be. */
export interface DpopRules {
  /** The verifier's own; an issuer's wins. */
  readonly mode: DpopMode
  readonly algorithms: ReadonlySet<AlgorithmName>
  readonly maxAgeSeconds: number
  readonly futureSkewSeconds: number
  readonly nonces: Nonces | undefined
  /** The public URLs, normalised, without the slash at their end. Empty: the `Host` field is trusted. */
  readonly urlRoots: readonly string[]
  readonly replayStore: ReplayStore
}

/** The resolved policy of a verifier: frozen, and all that the steps ever see of its options. */
export interface Rules {
  readonly realm: string
  /** Where clients reach this API; the first builds URLs, a proof may name any. */
  readonly publicUrls: readonly string[]
  /** Whether the `Host` field stands in for a public URL. */
  readonly dangerouslyTrustRequestHost: boolean
  /** `undefined`: the `DPoP` scheme is a foreign one. */
  readonly dpop: DpopRules | undefined
  readonly clockToleranceSeconds: number
  readonly maxTokenAgeSeconds: number | undefined
  readonly maxTokenLifetimeSeconds: number | undefined
  readonly limits: Limits
  readonly network: NetworkRules
  readonly keyCache: KeyCacheRules
  readonly audit: AuditRecorder | undefined
  readonly logger: Logger
  readonly runtime: Runtime
}
