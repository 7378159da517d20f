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
}

/** What a source knows of an event. Whoever records it adds identity, time, service and place in the chain. */
export interface AuditEntry {
  readonly type: AuditType
  readonly outcome: AuditOutcome
  /** A reason of an error table, such as `ERR_TOKEN_AUDIENCE`. Never text of a stranger. */
  readonly reason?: string | undefined
  readonly request?:
    | {
        readonly id: string
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
  readonly durationMs?: number | undefined
}

/** An event as it is kept: version 1 of the schema. */
export interface AuditEvent extends AuditEntry {
  readonly v: 1
  /** UUIDv7, RFC 9562 section 5.7. */
  readonly id: string
  /** RFC 3339, milliseconds, UTC. */
  readonly time: string
  readonly service: { readonly name: string; readonly version: string; readonly instance: string }
  /** Its place: `hash` is the SHA-256, in base64url, of `prev` and the canonical event without `hash`. */
  readonly chain: {
    readonly stream: string
    readonly seq: number
    readonly prev: string
    readonly hash: string
  }
}
