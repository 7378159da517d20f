import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import type { Attributes, Tracer } from '@opentelemetry/api'
import type { AuditTrailEvent, UpstreamEvent, VerdictEvent } from '../diagnostics.js'
import { findExchange, toExchangeAttributes, toUpstreamAttributes, toVerdictAttributes } from './attributes.js'

/** Makes spans of what is over, each a child of whatever span is active where it ended. */
export interface Spans {
  traceVerdict(event: VerdictEvent): void
  traceUpstream(event: UpstreamEvent): void
  traceAudit(event: AuditTrailEvent): void
}

/** Creates the spans. */
export function createSpans(tracer: Tracer): Spans {
  const add = (name: string, kind: SpanKind, durationMs: number, attributes: Attributes): void => {
    const endTime = Date.now()
    const span = tracer.startSpan(name, { kind, startTime: endTime - durationMs, attributes })
    if (attributes['error.type'] !== undefined) span.setStatus({ code: SpanStatusCode.ERROR })
    span.end(endTime)
  }
  return {
    traceVerdict(event) {
      const scheme = event.outcome === 'accepted' ? event.scheme : undefined
      const attributes = { ...toVerdictAttributes(event), 'countersign.scheme': scheme }
      add('countersign.verify', SpanKind.INTERNAL, event.durationMs, attributes)
    },
    traceUpstream(event) {
      add('countersign.fetch', SpanKind.CLIENT, event.durationMs, {
        ...toUpstreamAttributes(event),
        'url.full': event.url,
        'server.address': URL.canParse(event.url) ? new URL(event.url).hostname : undefined,
        'network.peer.address': event.address,
      })
    },
    traceAudit(event) {
      const found = findExchange(event)
      if (found === undefined) return
      add('countersign.exchange', SpanKind.INTERNAL, found.durationMs, toExchangeAttributes(found))
    },
  }
}
