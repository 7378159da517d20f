import type { AuditEvent, AuditSink } from '@countersign/core'
import { toLine } from '../chain/line.js'

/** A log record of OpenTelemetry, as far as it is used. */
export interface OtelLogRecord {
  readonly eventName: string
  /** Milliseconds since the epoch. */
  readonly timestamp: number
  readonly severityNumber: number
  readonly severityText: string
  readonly body: string
  readonly attributes: Readonly<Record<string, string | number | boolean>>
}

/** What is needed of a logger of `@opentelemetry/api-logs`. */
export interface OtelLogger {
  emit(record: OtelLogRecord): void
}

/**
 * Creates a sink that emits each event as a log record of OpenTelemetry: `eventName` is `countersign.<type>`, the body the whole event
 * in canonical JSON, and a few members are attributes to search by.
 *
 * The batch processor drops what does not fit into its queue. Nothing can be made to wait for it.
 */
export function otelLogsSink(logger: OtelLogger): AuditSink {
  return {
    name: 'otel-logs',
    durability: 'none',
    async write(batch) {
      // One of your own may be asynchronous, and a rejection that nobody handles ends the process.
      for (const event of batch) await (logger.emit(toRecord(event)) as unknown)
    },
  }
}

/** INFO, WARN and ERROR of the data model of logs. */
const SEVERITIES = { success: [9, 'INFO'], denied: [13, 'WARN'], failure: [13, 'WARN'], error: [17, 'ERROR'] } as const

function toRecord(event: AuditEvent): OtelLogRecord {
  const [severityNumber, severityText] = SEVERITIES[event.outcome]
  const { type, outcome, reason, chain, client, subject, txn, request } = event
  const attributes = {
    'countersign.audit.id': event.id,
    'countersign.audit.stream': chain.stream,
    'countersign.audit.seq': chain.seq,
    'countersign.audit.outcome': outcome,
    'countersign.audit.reason': reason,
    'countersign.audit.txn': txn,
    'countersign.client.id': client?.id,
    'countersign.issuer': subject?.iss,
    'user.id': subject?.sub,
    'client.address': request?.ip,
  }
  return {
    eventName: `countersign.${type}`,
    timestamp: Date.parse(event.time),
    severityNumber,
    severityText,
    body: toLine(event),
    attributes: Object.fromEntries(
      Object.entries(attributes).filter((entry): entry is [string, string | number] => entry[1] !== undefined),
    ),
  }
}
