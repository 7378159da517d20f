import type { KeyObject } from 'node:crypto'
import type { AuditSink, Logger } from '@countersign/core'
import type { CheckpointSigner } from './chain/signer.js'
import type { FingerprintKey } from './fingerprint.js'

/** Options of an audit trail. */
export interface AuditTrailOptions {
  /** Whose trail it is. `instance`: this process among others, by default the host's name and a random part. */
  readonly service: { readonly name: string; readonly version: string; readonly instance?: string | undefined }
  /** Sinks that exchanges, grants, key and trust changes wait for. */
  readonly required: RequiredSinks
  /** Sinks that nothing waits for. */
  readonly bestEffort?: readonly AuditSink[] | undefined
  /** Names tokens, the first; the others are those of before. 1 to 8. The same in each process, so that one search finds all. */
  readonly fingerprintKeys: readonly FingerprintKey[]
  /** The share of `authn.success` events that is kept, 0 to 1. Nothing else is ever sampled. Default 1: all. */
  readonly sampling?: { readonly 'authn.success'?: number | undefined } | undefined
  /** Refusals of strangers. */
  readonly denials?: DenialOptions | undefined
  /** Signed statements of what the stream was. Default: none, and then its end can be cut off without a trace. */
  readonly checkpoints?: CheckpointOptions | undefined
  readonly privacy?: PrivacyOptions | undefined
  /** The most that waits for each sink. */
  readonly queue?: QueueOptions | undefined
  /** Hears what an operator should know. Default: nobody does. */
  readonly logger?: Logger | undefined
  /** Clocks, for tests. */
  readonly runtime?:
    | { readonly now?: (() => number) | undefined; readonly monotonicNow?: (() => number) | undefined }
    | undefined
}

/** Sinks that something waits for. */
export interface RequiredSinks {
  /** At least one, none of durability `none`. Two that fail apart are better than one. */
  readonly sinks: readonly AuditSink[]
  /** So many of them must have an event. Default 1. */
  readonly quorum?: number | undefined
  /** So long anybody waits, in milliseconds, 10 to 10,000; then the answer is 503. Default 250. */
  readonly timeoutMs?: number | undefined
}

/** Refusals where nobody has proven who they are: written up to a rate, then counted by reason and network (/64, or /48 where addresses are shortened; /24 of IPv4). */
export interface DenialOptions {
  /** Written whole, a second, on average. Default 50. */
  readonly perSecond?: number | undefined
  /** Written whole at once. Default 200. */
  readonly burst?: number | undefined
  /** So often the counts are written, in seconds. Default 10. */
  readonly countSeconds?: number | undefined
}

/** When checkpoints are made, and where they are kept. */
export interface CheckpointOptions {
  /** A key of its own; its id is the RFC 7638 thumbprint of the public half. Or something that signs elsewhere. */
  readonly key: KeyObject | CheckpointSigner
  /** Gets checkpoints alone. Somewhere that whoever can write the other sinks cannot. */
  readonly sink: AuditSink
  /** At least one in so many events. Default 1,000. */
  readonly everyEvents?: number | undefined
  /** And one in so many seconds in which something happened. Default 60. */
  readonly everySeconds?: number | undefined
}

/** What is done to people's names and addresses. Both keep events apart that belong to different people. */
export interface PrivacyOptions {
  /** Keep `sub` as a keyed digest of issuer and subject. Default false. */
  readonly pseudonymousSubjects?: boolean | undefined
  /** Keep the /24 of an IPv4 address, the /48 of another; refusals are counted by these then. Default false. */
  readonly shortAddresses?: boolean | undefined
}

/** Bounds of each sink's queue. */
export interface QueueOptions {
  /** Default 8,192. */
  readonly maxEvents?: number | undefined
  /** Default 16,777,216. */
  readonly maxBytes?: number | undefined
  /** What of both is kept for events that something waits for, 0.1 to 0.9. Default 0.25. */
  readonly reservedShare?: number | undefined
}
