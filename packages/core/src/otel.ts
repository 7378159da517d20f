import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { diag, metrics, trace } from '@opentelemetry/api'
import type { MeterProvider, TracerProvider } from '@opentelemetry/api'
import { CHANNELS } from './diagnostics.js'
import type { AuditTrailEvent, KeysEvent, UpstreamEvent, VerdictEvent } from './diagnostics.js'
import { flag, methods, optional, readTable } from './options/kinds.js'
import type { OptionTable } from './options/kinds.js'
import { createInstruments } from './otel/instruments.js'
import { createSpans } from './otel/spans.js'

/** Options of {@link instrument}. */
export interface InstrumentOptions {
  /** Default: the global one. */
  readonly tracerProvider?: TracerProvider | undefined
  /** Default: the global one. */
  readonly meterProvider?: MeterProvider | undefined
  /** Whether spans are made beside metrics. Default `true`. */
  readonly spans?: boolean | undefined
}

const TABLE: OptionTable<{
  readonly tracerProvider: TracerProvider | undefined
  readonly meterProvider: MeterProvider | undefined
  readonly spans: boolean
}> = {
  tracerProvider: optional(methods<TracerProvider>('a tracer provider', ['getTracer'])),
  meterProvider: optional(methods<MeterProvider>('a meter provider', ['getMeter'])),
  spans: optional(flag, true),
}

const NAME = '@countersign/core'

/**
 * Makes spans and metrics of OpenTelemetry for verdicts, fetches, exchanges, replays and the audit trail, of everything in this
 * process. Names are those of docs/diagnostics.md. Subjects, tokens and what a stranger chose are never in them.
 *
 * @returns a function that ends it
 * @throws ConfigurationError naming the option
 */
export function instrument(options: InstrumentOptions = {}): () => void {
  const { tracerProvider, meterProvider, spans: hasSpans } = readTable(TABLE, options, '')
  const instruments = createInstruments((meterProvider ?? metrics).getMeter(NAME))
  const spans = hasSpans ? createSpans((tracerProvider ?? trace).getTracer(NAME)) : undefined
  const listeners = {
    [CHANNELS.verdict]: (event: unknown) => {
      instruments.countVerdict(event as VerdictEvent)
      spans?.traceVerdict(event as VerdictEvent)
    },
    [CHANNELS.keys]: (event: unknown) => instruments.countKeys(event as KeysEvent),
    [CHANNELS.upstream]: (event: unknown) => {
      instruments.countUpstream(event as UpstreamEvent)
      spans?.traceUpstream(event as UpstreamEvent)
    },
    [CHANNELS.audit]: (event: unknown) => {
      instruments.countAudit(event as AuditTrailEvent)
      spans?.traceAudit(event as AuditTrailEvent)
    },
  }
  const all = Object.entries(listeners).map(([name, listener]) => [name, toSafe(listener)] as const)
  for (const [name, listener] of all) subscribe(name, listener)
  return () => {
    for (const [name, listener] of all) unsubscribe(name, listener)
  }
}

/** What a subscriber throws ends the process, and a provider that fails is no reason for that. */
function toSafe(listener: (event: unknown) => void): (event: unknown) => void {
  return (event) => {
    try {
      listener(event)
    } catch (error) {
      diag.error('countersign: an event could not be measured', error)
    }
  }
}
