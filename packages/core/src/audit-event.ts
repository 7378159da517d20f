/** What happened. Names are stable: alerts and reports are built on them. */
export type AuditType =
  | 'authn.success'
  | 'authn.failure'
  | 'authz.denied'
  | 'token.exchange'
  | 'token.grant'
  | 'token.introspected'
  | 'token.revoked'
  | 'replay.detected'
  | 'session.revoked'
  | 'subject.revoked'
  | 'signal.received'
  | 'key.published'
  | 'key.activated'
  | 'key.retired'
  | 'key.removed'
  | 'key.revoked'
  | 'jwks.refreshed'
  | 'jwks.failed'
  | 'jwks.abrupt_rotation'
  | 'trust.changed'
  | 'audit.gap'
  | 'audit.checkpoint'
  | 'audit.sink_failed'
  | 'audit.sink_recovered'
  | 'service.started'
  | 'service.stopped'

/** `denied`: a rule said no. `failure`: the caller's input was no good. `error`: something of ours, or that we depend on, failed. */
export type AuditOutcome = 'success' | 'denied' | 'failure' | 'error'

/** Somebody a token speaks of. Identity is `iss` and `sub` together. */
export interface AuditParty {
  readonly iss: string
  readonly sub: string
  readonly sid?: string | undefined
  readonly acr?: string | undefined
  readonly amr?: readonly string[] | undefined
  /** Seconds since the epoch. */
  readonly authTime?: number | undefined
  readonly kind?: 'user' | 'service' | 'agent' | undefined
}

/** A token by its fingerprint (`AuditRecorder.fingerprint`), never by its text. Times in seconds since the epoch. */
export interface AuditTokenRef {
  readonly fp: string
  readonly jti?: string | undefined
  readonly iss?: string | undefined
  readonly kid?: string | undefined
  readonly alg?: string | undefined
  readonly iat?: number | undefined
  readonly exp?: number | undefined
  readonly cnf?: 'dpop' | 'mtls' | undefined
  /** Of a bound token that was presented: whether its key was proven, or a rule took it from an API that it is meant for. */
  readonly possession?: 'proven' | 'audience' | undefined
}

/**
 * What a source knows of an event. Whoever records it adds identity, time, service and place in the chain.
 *
 * Give nothing that was not verified, but for `request`, `client.id` without `authMethod`, and `target`.
 */
export interface AuditEntry {
  readonly type: AuditType
  readonly outcome: AuditOutcome
  /** A reason of an error table, such as `ERR_TOKEN_AUDIENCE`. Never text of a stranger. */
  readonly reason?: string | undefined
  readonly request?:
    | {
        readonly id?: string | undefined
        readonly method?: string | undefined
        readonly route?: string | undefined
        readonly ip?: string | undefined
        readonly userAgent?: string | undefined
      }
    | undefined
  readonly trace?: { readonly traceId: string; readonly spanId: string } | undefined
  /** One id across a whole chain of calls. */
  readonly txn?: string | undefined
  /** Who it is about. */
  readonly subject?: AuditParty | undefined
  /** The current actor first, then those before. */
  readonly actor?: readonly AuditParty[] | undefined
  /** `authMethod` only where the client has proven who it is. Refusals of nobody in particular are written up to a rate, then counted. */
  readonly client?:
    | { readonly id: string; readonly authMethod?: string | undefined; readonly keyId?: string | undefined }
    | undefined
  readonly target?:
    | { readonly name?: string | undefined; readonly audience: readonly string[]; readonly resource: readonly string[] }
    | undefined
  readonly scope?:
    | {
        readonly requested: readonly string[]
        readonly granted: readonly string[]
        readonly dropped: readonly string[]
      }
    | undefined
  readonly exchange?:
    | {
        readonly profile: 'rfc8693' | 'rfc7523' | 'client-credentials' | 'chaining' | 'id-jag' | 'txn-token'
        readonly mode: 'delegation' | 'impersonation' | 'none'
        readonly depth: number
        readonly subjectTokenType?: string | undefined
        readonly actorTokenType?: string | undefined
        readonly requestedTokenType?: string | undefined
        readonly issuedTokenType?: string | undefined
      }
    | undefined
  readonly tokens?:
    | {
        readonly subject?: AuditTokenRef | undefined
        readonly actor?: AuditTokenRef | undefined
        readonly issued?: AuditTokenRef | undefined
      }
    | undefined
  /** What decided: the policy by id and hash, the rule by name. `observe` where a rule only recorded its verdict. */
  readonly policy?:
    | {
        readonly id: string
        readonly hash: string
        readonly rule?: string | undefined
        /** Rules that would have refused it, and only record that. */
        readonly observed?: readonly string[] | undefined
        readonly mode: 'enforce' | 'observe'
      }
    | undefined
  readonly key?:
    | {
        readonly kid: string
        readonly alg: string
        readonly from?: string | undefined
        readonly to?: string | undefined
      }
    | undefined
  /** The key set of an issuer: what was read, or why it was not. */
  readonly keySet?:
    | {
        readonly issuer: string
        readonly keyCount?: number | undefined
        readonly added?: number | undefined
        readonly removed?: number | undefined
        /** Failures in a row. */
        readonly failures?: number | undefined
        /** Whether keys from before still serve. */
        readonly usable?: boolean | undefined
      }
    | undefined
  readonly durationMs?: number | undefined
  /** Where a source has left out others of this kind by itself: 0.01 stands for one in a hundred. */
  readonly sampled?: { readonly rate: number } | undefined
}

/** The last event of a stream: where the next one goes on. */
export interface AuditHead {
  readonly stream: string
  readonly seq: number
  readonly hash: string
  /** So many bytes of an event that was never written whole follow it: its writer died, and nobody had been told that it was kept. */
  readonly tornBytes?: number | undefined
}

/** An event as it is kept: version 1 of the schema. */
export interface AuditEvent extends AuditEntry {
  readonly v: 1
  /** UUIDv7, RFC 9562 section 5.7. */
  readonly id: string
  /** RFC 3339, milliseconds, UTC. */
  readonly time: string
  readonly service: { readonly name: string; readonly version: string; readonly instance: string }
  /** In place of so many refusals of one kind from one network (/64, or /48 where addresses are shortened; /24 of IPv4), which came faster than they are written. Times in RFC 3339. */
  readonly counted?:
    | {
        readonly count: number
        readonly network?: string | undefined
        readonly firstTime: string
        readonly lastTime: string
      }
    | undefined
  /** Of `audit.gap`: so many events between two numbers are missing, in one sink or, without its name, everywhere. */
  readonly gap?:
    | { readonly sink?: string | undefined; readonly from: number; readonly to: number; readonly count: number }
    | undefined
  /** Of `audit.sink_failed` and `audit.sink_recovered`. */
  readonly sink?: { readonly name: string; readonly failure?: string | undefined } | undefined
  /** Of `audit.checkpoint`: an earlier event of this stream, and a JWS over it by a key of its own (RFC 7515). */
  readonly checkpoint?: { readonly seq: number; readonly hash: string; readonly jws: string } | undefined
  /** Of the first event of a stream: where the stream before it ended. */
  readonly predecessor?: AuditHead | undefined
  /** Its place: `hash` is the SHA-256, in base64url, of `prev` and the canonical event without `hash`. */
  readonly chain: {
    readonly stream: string
    readonly seq: number
    readonly prev: string
    readonly hash: string
  }
}
