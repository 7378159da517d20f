import type { KeyObject, X509Certificate } from 'node:crypto'
import type { AlgorithmName, KeyFamily } from './algorithms.js'
import type { AuditEntry, AuditEvent, AuditHead, AuditType } from './audit-event.js'
import type { ErrorDetail } from './errors.js'
import type { Claims, Principal } from './principal.js'

/** A public key as it is held after import: a typed object with one family, never text that something guesses from. */
export interface VerificationKey {
  readonly kid: string | undefined
  readonly family: KeyFamily
  /** The JWK's own `alg`: the key is then good for nothing else (RFC 7517 section 4.4). */
  readonly algorithm: AlgorithmName | undefined
  /**
   * The JWK's own `issuer`, where it has one: for which issuer it signs, out of a set that many share. `{…}` stands in it for any tenant.
   */
  readonly issuer?: string | undefined
  readonly keyObject: KeyObject
}

/** What a token's header says of the key it wants. `kid` is opaque: a name inside one issuer's set and nothing more. */
export interface KeySelector {
  readonly kid: string | undefined
  readonly algorithm: AlgorithmName
}

/** One issuer's keys as an operator sees them. Ages in milliseconds, dates in milliseconds since the epoch. */
export interface KeySourceHealth {
  /** `idle` until first used, and once unused for longer than their age; `stale` while keys outlive their age because the refresh fails. */
  readonly state: 'idle' | 'fresh' | 'stale' | 'unavailable'
  readonly keyCount: number
  readonly keyAgeMs: number | undefined
  readonly lastSuccessAtMs: number | undefined
  readonly lastFailureAtMs: number | undefined
  readonly lastFailureReason: string | undefined
  /** What is known of the last failure: the `url`, and a `code` such as `ENOTFOUND` or the `status` of the answer. */
  readonly lastFailureDetail?: ErrorDetail | undefined
  /** From when on a use has the set read again. */
  readonly nextRefreshAtMs: number | undefined
}

/** Where one issuer's keys come from. Never shared between issuers. */
export interface KeySource {
  /**
   * Finds the keys that may have signed the token: one, or without a `kid` a bounded few. Synchronous while a usable set is held.
   *
   * @throws AuthenticationError `ERR_KEY_NOT_FOUND`, `ERR_KEY_AMBIGUOUS`, `ERR_KEY_MISMATCH`
   * @throws UpstreamError `ERR_KEYS_UNAVAILABLE`, `ERR_KEY_UNCONFIRMED`: the set could not be read
   */
  find(selector: KeySelector): readonly VerificationKey[] | Promise<readonly VerificationKey[]>
  /** Whether this very key is still in the current set and may still be trusted: asked on each hit of a cached verdict. */
  holds(key: VerificationKey): boolean
  /**
   * Whether a set without this very key was read since it was found: asked after a request has waited for something. A set that has
   * merely grown too old meanwhile says nothing against the key, nor against the token.
   */
  withdrew(key: VerificationKey): boolean
  /** Reads the set now if none is held. Rejects with {@link UpstreamError}. */
  load(): Promise<void>
  health(): KeySourceHealth
  close(): void
}

/** What a revocation can be told by. */
export interface RevocationQuery {
  /** The canonical name. */
  readonly issuer: string
  /** The `sub` claim, also where the mapping takes a principal's subject from elsewhere: security events know no other. */
  readonly subject: string | undefined
  /** The `jti` claim. */
  readonly tokenId: string | undefined
  /** The `sid` claim. */
  readonly sessionId: string | undefined
  /**
   * The earliest time at which the token can have been issued, in seconds since the epoch: the `iat` claim less the tolerance for
   * clocks. An issuer whose clock is ahead writes times that lie after a revocation which came later.
   */
  readonly issuedAtSeconds: number | undefined
}

/** Knows which tokens were revoked before they expired. Asked on every request. */
export interface RevocationStore {
  /** Anything but `false` refuses; a store that throws, rejects or takes over a second is an outage (503). */
  isRevoked(token: RevocationQuery): boolean | Promise<boolean>
}

/** The other end of a connection, where an endpoint needs to know it. */
export interface HttpPeer {
  readonly remoteAddress?: string | undefined
  /** The certificate of this TLS connection, if the client presented one. */
  clientCertificate?(): X509Certificate | undefined
  /** Whether the TLS server has checked the chain of that certificate, up to an authority that it trusts for clients. Absent: no. */
  isCertificateTrusted?(): boolean
}

/** Whatever serves an endpoint: metadata, token service, signals. Each adapter's `mount` puts one into an application. */
export type HttpHandler = (request: Request, peer?: HttpPeer) => Promise<Response>

/** What a replay store found. */
export interface ReplayClaim {
  /** Whether this call was the first to claim the id. */
  readonly fresh: boolean
  /**
   * Since when the store remembers without a gap, in milliseconds since the epoch; absent: as long as it has to.
   * After a failover or a restart a store may have forgotten ids that were claimed before: until the window of proofs has
   * passed, only what provably came later is taken.
   */
  readonly memorySinceMs?: number | undefined
}

/** Remembers what may be used once. */
export interface ReplayStore {
  /** Whether other processes see the same memory. Shared memory wants shared nonce secrets. */
  readonly shared: boolean
  /**
   * Claims an id for `ttlMs` milliseconds, in one atomic operation: of any number of calls, in any number of processes, at
   * most one is fresh. Rejects where it cannot say, and within a bounded time: not knowing is a refusal (503), never a yes.
   * After a second nobody waits any longer, and an answer of another shape counts as none.
   *
   * @param id at most 64 characters, already hashed
   */
  claim(id: string, ttlMs: number): ReplayClaim | Promise<ReplayClaim>
}

/** Keeps bytes for other processes, for a time. What it loses is fetched or computed anew. */
export interface CacheStore {
  get(name: string): Promise<Uint8Array | undefined>
  set(name: string, value: Uint8Array, ttlMs: number): Promise<void>
  delete(name: string): Promise<void>
}

/** A document under compare-and-set: what the signing keys of a token service are kept in, sealed. The store sees bytes alone. */
export interface VersionedBytes {
  /** Grows by one with each write, from 1. */
  readonly version: number
  readonly bytes: Uint8Array
}

/** Keeps the sealed signing keys of one token service, for every replica of it. */
export interface SigningKeyStore {
  /**
   * The newest document, or `undefined` where there never was one. Rejects where the store does not answer in a bounded time.
   *
   * Where something lies there that can be no document, too long or of somebody else's making, it is answered without bytes, under
   * its version or, where it has none, 0. The service then says that it refuses what is in the store; a rejection would say that
   * nothing is known of it.
   */
  read(): Promise<VersionedBytes | undefined>
  /**
   * Writes the next document if the newest one still has the version `expected` (0: there is none): of any number of calls with
   * one `expected`, at most one resolves to `true`.
   *
   * @param next its version is `expected + 1`
   */
  compareAndSet(expected: number, next: VersionedBytes): Promise<boolean>
}

/** What a {@link SubjectTokenVerifier} is told beside the token. */
export interface SubjectTokenContext {
  /** The URN of RFC 8693 section 3 that the request named. */
  readonly tokenType: string
  /** The authenticated client that presents the token. */
  readonly clientId: string
}

/**
 * Verifies subject tokens of a kind that is no JWT of a trusted issuer: SAML assertions, for one.
 *
 * It checks everything about the token, its audience and its single use included; what the exchange may then make of it is
 * decided elsewhere.
 */
export interface SubjectTokenVerifier {
  /** The URNs that it takes. */
  readonly tokenTypes: readonly string[]
  /**
   * @throws AuthenticationError for a token that is no good
   * @throws UpstreamError where that cannot be known
   */
  verify(token: string, context: SubjectTokenContext): Promise<Principal<Claims>>
}

/** Where sources tell what happened. */
export interface AuditRecorder {
  /**
   * Resolves when the event is as safe as its type demands: for exchanges, grants, key and trust changes once a required
   * sink has it. Rejects with {@link UpstreamError} where none can: what was to be recorded must then not happen.
   */
  record(entry: AuditEntry): Promise<void>
  /**
   * Records an event of now that nothing waits for. `toEntry` is called at most once, some milliseconds later, together with others:
   * one by one each of them costs several times as much, since all that it needs has left the processor's caches by then. What it
   * reads may not change until then. Never throws. Absent: `record` is asked instead.
   */
  defer?(toEntry: () => AuditEntry): void
  /** `hmac256:<key id>:<base64url>` over a token: a name that only who holds the key can compute. */
  fingerprint(token: string): string
  /**
   * Of how many events of a type one is kept, 0 to 1: whoever has many asks first, leaves out the others, and says so in `sampled`.
   * Absent: all.
   */
  sampleRate?(type: AuditType): number
}

/**
 * Keeps audit events.
 *
 * A sink without room rejects with `code: 'ENOSPC'`: until it takes others again, it is given the events alone that something waits for.
 */
export interface AuditSink {
  readonly name: string
  /** What holds once `write` has resolved. */
  readonly durability: 'none' | 'os' | 'disk' | 'replicated'
  /** Batches come in the order of `chain.seq`; one may come again after a failure: (`stream`, `seq`) tells. */
  write(batch: readonly AuditEvent[], options: { readonly signal: AbortSignal }): Promise<void>
  /** Whether other processes write to it too: its last event may be of any of them. Default: it belongs to this process alone. */
  readonly isShared?: boolean
  /**
   * The last event it has, of any stream; `undefined` where it has none. Asked before the first `write`, each second until one of the
   * sinks has answered. What has no `stream`, `seq` and `hash` is no answer.
   */
  readHead?(): Promise<AuditHead | undefined>
  flush?(deadlineMs: number): Promise<void>
  close?(): Promise<void>
}
