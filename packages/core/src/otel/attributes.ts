import type { Attributes } from '@opentelemetry/api'
import type { AuditTrailEvent, UpstreamEvent, VerdictEvent } from '../diagnostics.js'

/** Of a verdict: issuers that were trusted, and reasons of the table. */
export function toVerdictAttributes(event: VerdictEvent): Attributes {
  if (event.outcome === 'refused') return { 'countersign.outcome': 'refused', 'error.type': event.reason }
  const { issuer, cached } = event
  return { 'countersign.outcome': 'accepted', 'countersign.issuer': issuer, 'countersign.cached': cached }
}

/** Of a request that went out: no host either, of which whoever writes a document may name any number. */
export function toUpstreamAttributes({ issuer, status, outcome }: UpstreamEvent): Attributes {
  return {
    'countersign.issuer': issuer,
    'http.response.status_code': status,
    'error.type': outcome === 'ok' ? undefined : outcome,
  }
}

/** A `token.exchange` or `token.grant`. */
export type ExchangeEvent = Extract<AuditTrailEvent, { readonly type: 'recorded' }> & { readonly durationMs: number }

/** What is recorded of an exchange or a grant once it is over; `undefined` for any other event. */
export function findExchange(event: AuditTrailEvent): ExchangeEvent | undefined {
  if (event.type !== 'recorded' || event.durationMs === undefined) return undefined
  const isExchange = event.event === 'token.exchange' || event.event === 'token.grant'
  return isExchange ? { ...event, durationMs: event.durationMs } : undefined
}

/** Of an exchange or a grant. */
export function toExchangeAttributes({ event, outcome, reason }: ExchangeEvent): Attributes {
  return { 'countersign.audit.type': event, 'countersign.outcome': outcome, 'error.type': reason }
}
