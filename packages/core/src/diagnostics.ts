import { channel } from 'node:diagnostics_channel'
import type { Channel } from 'node:diagnostics_channel'
import type { AuditOutcome, AuditType } from './audit-event.js'
import type { ErrorCode, Reason } from './error-table.js'
import type { ErrorDetail } from './errors.js'
import type { Cut, Scheme } from './principal.js'

/**
 * The names of this suite's channels of `node:diagnostics_channel`. What they carry is plain data without token material:
 * {@link VerdictEvent}, {@link KeysEvent}, {@link DiscoveryEvent}, {@link AuditTrailEvent} and {@link UpstreamEvent}.
 */
export const CHANNELS = {
  verdict: 'countersign:verdict',
  keys: 'countersign:keys',
  discovery: 'countersign:discovery',
  audit: 'countersign:audit',
  upstream: 'countersign:upstream',
} as const

/** One judged request or token; on `countersign:verdict`. Of a refusal nothing that the token says, of an acceptance no token. */
export type VerdictEvent =
  | {
      readonly outcome: 'accepted'
      readonly issuer: string
      readonly subject: string
      readonly clientId: string | undefined
      readonly scheme: Scheme
      /** Whether the signature had been verified for an earlier request. */
      readonly cached: boolean
      /** What the issuer said beyond its grants, counted. */
      readonly cut: Cut | undefined
      readonly durationMs: number
    }
  | {
      readonly outcome: 'refused'
      readonly code: ErrorCode
      readonly reason: Reason
      readonly detail: ErrorDetail | undefined
      readonly durationMs: number
    }

/** Why a member of a key set is not used. */
export type DropReason =
  | 'algorithm'
  | 'limit'
  | 'malformed'
  | 'off-curve'
  | 'private'
  | 'symmetric'
  | 'type'
  | 'use'
  | 'weak'

/** What happened to one issuer's key set; on `countersign:keys`. Times in milliseconds. */
export type KeysEvent =
  | {
      readonly type: 'read'
      readonly issuer: string
      readonly keyCount: number
      /** Members of the set that are not used, by why. */
      readonly dropped: Readonly<Partial<Record<DropReason, number>>>
      /** The issuer said that nothing changed since the last time. */
      readonly unchanged: boolean
      readonly lifetimeMs: number
    }
  | {
      readonly type: 'failed'
      readonly issuer: string
      readonly reason: Reason
      /** Failures in a row. */
      readonly failures: number
      readonly retryInMs: number
      /** Whether keys from before are still in use. */
      readonly usable: boolean
    }
  | {
      /** No key of the old set is in the new one: tokens signed a moment ago are refused from now on. */
      readonly type: 'rotated-abruptly'
      readonly issuer: string
      readonly removed: number
      readonly added: number
    }

/** What happened to one issuer's metadata; on `countersign:discovery`. `url` stands without its query. */
export type DiscoveryEvent =
  | {
      readonly type: 'read'
      readonly issuer: string
      readonly url: string
      readonly unchanged: boolean
      readonly lifetimeMs: number
    }
  | { readonly type: 'failed'; readonly issuer: string; readonly reason: Reason; readonly usable: boolean }
  | { readonly type: 'jwks-uri-changed'; readonly issuer: string; readonly url: string }

/** What an audit trail of `@countersign/audit` did; on `countersign:audit`. Times in milliseconds. */
export type AuditTrailEvent =
  | {
      readonly type: 'recorded'
      readonly event: AuditType
      readonly outcome: AuditOutcome
      readonly reason: string | undefined
      /** How long that took which the event is about. */
      readonly durationMs: number | undefined
      /** How long somebody waited for sinks; `undefined` for an event that nothing waits for. */
      readonly waitMs: number | undefined
      /** `false`: no sink had it in time, and what it is about did not happen. */
      readonly kept: boolean
    }
  | {
      readonly type: 'sink'
      readonly sink: string
      readonly state: 'up' | 'failed' | 'full'
      readonly failure: string | undefined
    }
  | {
      /** Events that a sink, or without its name all of them, never got. */
      readonly type: 'lost'
      readonly sink: string | undefined
      readonly count: number
    }

/** One outbound request, when it is over; on `countersign:upstream`. `url` stands without its query. */
export interface UpstreamEvent {
  readonly issuer: string
  readonly url: string
  /** The address that was connected to: the proxy's where there is one, absent where none was or `fetch` is injected. */
  readonly address: string | undefined
  readonly status: number | undefined
  readonly outcome: 'ok' | Reason
  /** What is known of a failure, such as `code`: the system's own name for why there was no connection. */
  readonly detail: ErrorDetail | undefined
  /** Of the body, after decompression. */
  readonly bytes: number
  readonly durationMs: number
}

const verdict: Channel = channel(CHANNELS.verdict)
const keys: Channel = channel(CHANNELS.keys)
const discovery: Channel = channel(CHANNELS.discovery)
const upstream: Channel = channel(CHANNELS.upstream)

/** Whether anybody listens on `countersign:verdict`: without, a request does not even read the clock for it. */
export function hasVerdictSubscribers(): boolean {
  return verdict.hasSubscribers
}

/** Tells the subscribers of `countersign:verdict`. */
export function publishVerdictEvent(event: VerdictEvent): void {
  verdict.publish(event)
}

/** Tells the subscribers of `countersign:keys`; nothing is done without any. */
export function publishKeysEvent(event: KeysEvent): void {
  if (keys.hasSubscribers) keys.publish(event)
}

/** Tells the subscribers of `countersign:discovery`; nothing is done without any. */
export function publishDiscoveryEvent(event: DiscoveryEvent): void {
  if (discovery.hasSubscribers) discovery.publish(event)
}

/** Tells the subscribers of `countersign:upstream`; nothing is done without any. */
export function publishUpstreamEvent(event: UpstreamEvent): void {
  if (upstream.hasSubscribers) upstream.publish(event)
}
