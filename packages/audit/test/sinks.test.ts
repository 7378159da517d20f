import { createAuditTrail, otelLogsSink, pinoSink, stdoutSink, verifyTrail } from '@countersign/audit'
import { ConfigurationError } from '@countersign/core'
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs'
import { PassThrough } from 'node:stream'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { createTestSink, denial, exchange, toOptions } from './doubles.js'
import { fullEntry } from './events.js'

describe('the standard output sink', () => {
  it('writes one event a line, which the verifier reads', async () => {
    const stream = new PassThrough()
    const trail = createAuditTrail(toOptions([createTestSink()], { bestEffort: [stdoutSink(stream)] }))
    await trail.record(exchange)
    await trail.close()
    stream.end()
    expect(await verifyTrail(stream)).toMatchObject({ ok: true, events: 3 })
  })

  it('fails with its stream, and nobody waits for it', async () => {
    const stream = new PassThrough()
    stream.on('error', () => {})
    stream.destroy(Object.assign(new Error('gone'), { code: 'EPIPE' }))
    const trail = createAuditTrail(toOptions([createTestSink()], { bestEffort: [stdoutSink(stream)] }))
    await trail.record(exchange)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(trail.health()).toMatchObject({ ok: true, sinks: [{ state: 'up' }, { name: 'stdout', state: 'failed' }] })
    await trail.close(20)
  })
})

describe('the sink for pino', () => {
  it('logs the event as it is kept, refusals as warnings, errors as errors', async () => {
    const lines: { level: number; msg: string; audit: { type: string; chain: { seq: number } } }[] = []
    const stream = { write: (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[number]) }
    const trail = createAuditTrail(toOptions([createTestSink()], { bestEffort: [pinoSink(pino({}, stream))] }))
    await trail.record(exchange)
    await trail.record(denial)
    await trail.record({ type: 'jwks.failed', outcome: 'error', keySet: { issuer: 'https://login.example' } })
    await trail.close()
    expect(lines.map(({ level, msg, audit }) => [level, msg, audit.chain.seq])).toEqual([
      [30, 'service.started', 1],
      [30, 'token.exchange', 2],
      [40, 'authz.denied', 3],
      [50, 'jwks.failed', 4],
      [30, 'service.stopped', 5],
    ])
    expect(lines[1]?.audit).toMatchObject({ type: 'token.exchange', service: { name: 'orders' } })
  })
})

describe('the sink for OpenTelemetry logs', () => {
  it('emits a record with a name, a severity, and attributes to search by', async () => {
    const exporter = new InMemoryLogRecordExporter()
    const provider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] })
    const sink = otelLogsSink(provider.getLogger('countersign'))
    const trail = createAuditTrail(toOptions([createTestSink()], { bestEffort: [sink] }))
    await trail.record({ ...fullEntry, type: 'token.exchange' })
    await trail.close()
    await provider.forceFlush()
    const [, record] = exporter.getFinishedLogRecords()
    expect(record).toMatchObject({ eventName: 'countersign.token.exchange', severityNumber: 9, severityText: 'INFO' })
    expect(record?.attributes).toMatchObject({
      'countersign.audit.seq': 2,
      'countersign.audit.outcome': 'success',
      'countersign.audit.txn': 'txn-1',
      'countersign.client.id': 'gateway',
      'countersign.issuer': 'https://login.example',
      'user.id': 'alice',
      'client.address': '192.0.2.7',
    })
    expect(JSON.parse(record?.body as string)).toMatchObject({ type: 'token.exchange', chain: { seq: 2 } })
  })
})

const reject = (): unknown => Promise.reject(new Error('the collector is away'))

it.each([
  ['pino', pinoSink({ info: reject, warn: reject, error: reject })],
  ['OpenTelemetry', otelLogsSink({ emit: reject })],
])('what a logger in the place of %s rejects is a batch that was not kept, and nothing worse', async (_, sink) => {
  const kept = createTestSink()
  const trail = createAuditTrail(toOptions([kept]))
  await trail.record(exchange)
  await trail.close()
  const { signal } = new AbortController()
  await expect(sink.write(kept.events, { signal })).rejects.toThrow('the collector is away')
})

it.each([
  ['stdout', stdoutSink(new PassThrough())],
  ['pino', pinoSink(pino({ enabled: false }))],
  ['OpenTelemetry', otelLogsSink({ emit() {} })],
])('nothing can be made to wait for %s, which may lose what it has taken', (_, sink) => {
  expect(() => createAuditTrail(toOptions([sink]))).toThrow(ConfigurationError)
})
