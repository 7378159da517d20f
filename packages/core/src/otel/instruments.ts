import type { Meter } from '@opentelemetry/api'
import type { AuditTrailEvent, KeysEvent, UpstreamEvent, VerdictEvent } from '../diagnostics.js'
import { findExchange, toExchangeAttributes, toUpstreamAttributes, toVerdictAttributes } from './attributes.js'

/** Counts events of each channel. */
export interface Instruments {
  countVerdict(event: VerdictEvent): void
  countKeys(event: KeysEvent): void
  countUpstream(event: UpstreamEvent): void
  countAudit(event: AuditTrailEvent): void
}

/** From a verdict out of a cache, 3 us, to a fetch that reached its deadline. In seconds. */
const BOUNDARIES = [0.000_005, 0.000_025, 0.000_1, 0.000_5, 0.002_5, 0.01, 0.05, 0.25, 1, 5]

/** Creates the metrics. */
export function createInstruments(meter: Meter): Instruments {
  const inSeconds = (name: string, description: string) =>
    meter.createHistogram(name, { unit: 's', description, advice: { explicitBucketBoundaries: BOUNDARIES } })
  const verify = inSeconds('countersign.verify.duration', 'How long verdicts took')
  const fetch = inSeconds('countersign.fetch.duration', 'How long requests to issuers took')
  const exchange = inSeconds('countersign.exchange.duration', 'How long exchanges and grants took')
  const wait = inSeconds('countersign.audit.wait.duration', 'How long somebody waited for audit sinks')
  const count = (name: string, unit: string, description: string) => meter.createCounter(name, { unit, description })
  const replays = count('countersign.replays', '{replay}', 'Proofs that came again')
  const reads = count('countersign.keys.reads', '{read}', 'Key sets that were read, or not')
  const events = count('countersign.audit.events', '{event}', 'Events that were recorded')
  const lost = count('countersign.audit.lost', '{event}', 'Events that a sink never got')
  const failures = count('countersign.audit.sink.failures', '{failure}', 'Sinks that went down')

  return {
    countVerdict(event) {
      verify.record(event.durationMs / 1_000, toVerdictAttributes(event))
      if (event.outcome === 'refused' && event.reason === 'ERR_PROOF_REPLAYED') replays.add(1)
    },
    countKeys(event) {
      if (event.type === 'rotated-abruptly') return
      const failed = event.type === 'failed'
      reads.add(1, {
        'countersign.issuer': event.issuer,
        'countersign.outcome': failed ? 'failed' : 'read',
        'error.type': failed ? event.reason : undefined,
      })
    },
    countUpstream(event) {
      fetch.record(event.durationMs / 1_000, toUpstreamAttributes(event))
    },
    countAudit(event) {
      if (event.type === 'sink') {
        const { sink, state, failure } = event
        if (state !== 'up') failures.add(1, { 'countersign.audit.sink': sink, 'error.type': failure })
      } else if (event.type === 'lost') {
        lost.add(event.count, { 'countersign.audit.sink': event.sink })
      } else {
        events.add(1, { 'countersign.audit.type': event.event, 'countersign.outcome': event.outcome })
        if (event.waitMs !== undefined) wait.record(event.waitMs / 1_000, { 'countersign.audit.kept': event.kept })
        const found = findExchange(event)
        if (found !== undefined) exchange.record(found.durationMs / 1_000, toExchangeAttributes(found))
      }
    },
  }
}
