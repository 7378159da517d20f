import { channel } from 'node:diagnostics_channel'
import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import type { DataPoint, Histogram, MetricData } from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { createTestClock, createTestIssuer } from '@countersign/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { createVerifier } from '../src/create-verifier.js'
import { CHANNELS } from '../src/diagnostics.js'
import type { AuditTrailEvent } from '../src/diagnostics.js'
import { instrument } from '../src/otel.js'
import { memoryReplayStore } from '../src/stores/memory-replay-store.js'
import { claims, ISSUER, NOW_SECONDS, toOptions, toSigned } from './parts.js'
import { clientKey, toAth, toJkt, toProof, withDpop } from './proofs.js'
import { reasonOfAsync } from './refusals.js'

const stops: (() => void)[] = []
afterEach(() => stops.splice(0).forEach((stop) => stop()))

/** The real SDK, kept in memory. */
function start(more: { readonly spans?: boolean } = {}) {
  const spanExporter = new InMemorySpanExporter()
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spanExporter)] })
  const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter: metricExporter, exportIntervalMillis: 3_600_000 })
  const meterProvider = new MeterProvider({ readers: [reader] })
  stops.push(instrument({ tracerProvider, meterProvider, ...more }))
  const readMetrics = async (): Promise<Map<string, MetricData>> => {
    await meterProvider.forceFlush()
    const all = metricExporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics))
    return new Map(all.map((metric) => [metric.descriptor.name, metric]))
  }
  return { spanExporter, readMetrics }
}

function points(metric: MetricData | undefined): { attributes: unknown; value: number }[] {
  const all = (metric?.dataPoints ?? []) as DataPoint<number | Histogram>[]
  return all.map(({ attributes, value }) => ({ attributes, value: typeof value === 'number' ? value : value.count }))
}

const publish = (event: AuditTrailEvent): void => channel(CHANNELS.audit).publish(event)
const exchange: AuditTrailEvent = {
  type: 'recorded',
  event: 'token.exchange',
  outcome: 'denied',
  reason: 'ERR_STS_DENIED',
  durationMs: 12,
  waitMs: 5,
  kept: true,
}

describe('instrument', () => {
  it('makes spans and metrics of verdicts and fetches, as long as they took, without subjects and tokens', async () => {
    const { spanExporter, readMetrics } = start()
    const clock = createTestClock(NOW_SECONDS * 1_000)
    const acme = await createTestIssuer({ issuer: ISSUER, clock })
    const verifier = createVerifier({
      audience: 'https://api.example.com',
      issuers: [acme.issuer],
      runtime: acme.runtime,
    })
    const token = await acme.token()
    await verifier.verify(token)
    await verifier.verify(token)
    await reasonOfAsync(async () => verifier.verify(await acme.token({ aud: 'another' })))
    const spans = spanExporter.getFinishedSpans()
    expect(spans.map(({ name, kind }) => [name, kind])).toEqual([
      ['countersign.fetch', SpanKind.CLIENT],
      ['countersign.fetch', SpanKind.CLIENT],
      ['countersign.verify', SpanKind.INTERNAL],
      ['countersign.verify', SpanKind.INTERNAL],
      ['countersign.verify', SpanKind.INTERNAL],
    ])
    const host = new URL(acme.issuer).hostname
    expect(spans[1]?.attributes).toMatchObject({
      'server.address': host,
      'http.response.status_code': 200,
      'url.full': acme.jwksUri,
      'countersign.issuer': acme.issuer,
    })
    expect(spans[3]?.attributes).toEqual({
      'countersign.outcome': 'accepted',
      'countersign.issuer': acme.issuer,
      'countersign.cached': true,
      'countersign.scheme': 'Bearer',
    })
    expect(spans[4]).toMatchObject({
      attributes: { 'countersign.outcome': 'refused', 'error.type': 'ERR_TOKEN_AUDIENCE' },
      status: { code: SpanStatusCode.ERROR },
    })
    const metrics = await readMetrics()
    expect(points(metrics.get('countersign.verify.duration'))).toEqual([
      {
        attributes: {
          'countersign.outcome': 'accepted',
          'countersign.issuer': acme.issuer,
          'countersign.cached': false,
        },
        value: 1,
      },
      {
        attributes: {
          'countersign.outcome': 'accepted',
          'countersign.issuer': acme.issuer,
          'countersign.cached': true,
        },
        value: 1,
      },
      { attributes: { 'countersign.outcome': 'refused', 'error.type': 'ERR_TOKEN_AUDIENCE' }, value: 1 },
    ])
    expect(metrics.get('countersign.verify.duration')?.descriptor.unit).toBe('s')
    expect(points(metrics.get('countersign.fetch.duration'))).toEqual([
      { attributes: { 'countersign.issuer': acme.issuer, 'http.response.status_code': 200 }, value: 2 },
    ])
    expect(points(metrics.get('countersign.keys.reads'))).toEqual([
      { attributes: { 'countersign.issuer': acme.issuer, 'countersign.outcome': 'read' }, value: 1 },
    ])
    const all = JSON.stringify([spans.map(({ attributes }) => attributes), [...metrics.values()]])
    expect(all).not.toContain('user-1')
    expect(all).not.toContain(token.split('.')[2])
    await verifier.close()
  })

  it('counts proofs that came again', async () => {
    const { readMetrics } = start({ spans: false })
    const bound = toSigned(claims({ cnf: { jkt: toJkt(clientKey) } }))
    const verifier = createVerifier(toOptions({}, withDpop(memoryReplayStore())))
    const raw = () => ({
      method: 'GET',
      url: '/orders',
      headers: { authorization: `DPoP ${bound}`, dpop: toProof({ jti: 'once', ath: toAth(bound) }) },
    })
    await verifier.authenticate(raw())
    expect(await reasonOfAsync(() => verifier.authenticate(raw()))).toBe('ERR_PROOF_REPLAYED')
    expect(points((await readMetrics()).get('countersign.replays'))).toEqual([{ attributes: {}, value: 1 }])
  })

  it('makes a span and metrics of an exchange, and counts what the trail does', async () => {
    const { spanExporter, readMetrics } = start()
    publish(exchange)
    publish({ ...exchange, event: 'authz.denied', durationMs: undefined, waitMs: undefined })
    publish({ type: 'sink', sink: 'file', state: 'failed', failure: 'EIO' })
    publish({ type: 'sink', sink: 'file', state: 'up', failure: undefined })
    publish({ type: 'lost', sink: 'file', count: 3 })
    publish({ type: 'lost', sink: undefined, count: 2 })
    const [span] = spanExporter.getFinishedSpans()
    expect(span).toMatchObject({
      name: 'countersign.exchange',
      attributes: {
        'countersign.audit.type': 'token.exchange',
        'countersign.outcome': 'denied',
        'error.type': 'ERR_STS_DENIED',
      },
    })
    expect((span?.duration[0] ?? 0) * 1_000 + (span?.duration[1] ?? 0) / 1e6).toBeCloseTo(12, 0)
    const metrics = await readMetrics()
    const at = (name: string) => points(metrics.get(name)).map(({ value }) => value)
    expect(at('countersign.audit.events')).toEqual([1, 1])
    expect(at('countersign.audit.wait.duration')).toEqual([1])
    expect(at('countersign.exchange.duration')).toEqual([1])
    expect(points(metrics.get('countersign.audit.sink.failures'))).toEqual([
      { attributes: { 'countersign.audit.sink': 'file', 'error.type': 'EIO' }, value: 1 },
    ])
    expect(at('countersign.audit.lost')).toEqual([3, 2])
  })

  it('makes no spans where it is told not to, and nothing once it is stopped', async () => {
    const { spanExporter, readMetrics } = start({ spans: false })
    publish(exchange)
    stops.splice(0).forEach((stop) => stop())
    publish(exchange)
    expect(spanExporter.getFinishedSpans()).toEqual([])
    expect(points((await readMetrics()).get('countersign.exchange.duration'))).toMatchObject([{ value: 1 }])
  })

  it('ends no process where a provider fails', () => {
    const fail = (): never => {
      throw new Error('no meter')
    }
    const meter = { createHistogram: () => ({ record: fail }), createCounter: () => ({ add: fail }) }
    stops.push(instrument({ meterProvider: { getMeter: () => meter as never }, spans: false }))
    const uncaught: unknown[] = []
    const onUncaught = (error: unknown): void => void uncaught.push(error)
    process.on('uncaughtException', onUncaught)
    publish(exchange)
    publish({ type: 'lost', sink: 'a', count: 1 })
    return new Promise((resolve) => setImmediate(resolve)).then(() => {
      process.off('uncaughtException', onUncaught)
      expect(uncaught).toEqual([])
    })
  })

  it('does nothing harmful without an SDK', () => {
    stops.push(instrument())
    expect(() => publish(exchange)).not.toThrow()
  })

  it('refuses what is no provider', () => {
    expect(() => instrument({ meterProvider: {} } as never)).toThrow('Option "meterProvider"')
  })
})
