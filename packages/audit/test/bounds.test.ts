import { createAuditTrail } from '@countersign/audit'
import type { AuditSink } from '@countersign/core'
import { expect, it } from 'vitest'
import type { Delivery } from '../src/delivery/delivery.js'
import { createBeginning } from '../src/intake/beginning.js'
import { createTestSink, exchange, strangersDenial, toOptions, until } from './doubles.js'
import { toEvent } from './events.js'

it('refusals from any number of networks are counted in 256 groups and one for each reason', async () => {
  const sink = createTestSink()
  const trail = createAuditTrail(toOptions([sink], { denials: { burst: 1, perSecond: 1 } }))
  await trail.ready()
  for (let index = 0; index < 20_001; index++) {
    const ip = `2001:db8:${(index >> 8).toString(16)}:${(index & 0xff).toString(16)}::1`
    const reason = index % 2 === 0 ? 'ERR_TOKEN_SIGNATURE' : 'ERR_TOKEN_EXPIRED'
    await trail.record({ ...strangersDenial, reason, request: { ip } })
  }
  await trail.close()
  const counts = sink.events.flatMap(({ counted }) => (counted === undefined ? [] : [counted]))
  expect(counts).toHaveLength(258)
  expect(counts.filter(({ network }) => network === undefined)).toHaveLength(2)
  expect(counts.reduce((sum, { count }) => sum + count, 0)).toBeGreaterThan(19_900)
})

it('what comes before a stream has begun is held up to the bound, and the rest is told as lost', () => {
  const beginning = createBeginning(32, Infinity)
  const content = toEvent('authn.failure')
  for (let index = 0; index < 1_000; index++) beginning.offer(() => content)
  let [offered, lost] = [0, 0]
  beginning.begin({ offer: () => (offered += 1), lose: () => (lost += 1) } as unknown as Delivery)
  expect([offered, lost]).toEqual([32, 968])
})

it('what comes before a stream has begun is held up to a bound on its bytes too', () => {
  const content = toEvent('authn.failure')
  const bytes = JSON.stringify(content).length
  const beginning = createBeginning(1_000, bytes * 10)
  for (let index = 0; index < 100; index++) beginning.offer(() => content)
  expect(beginning.lost).toBe(90)
  let offered = 0
  beginning.begin({ offer: () => (offered += 1), lose() {} } as unknown as Delivery)
  expect(offered).toBe(10)
})

it('no more than 1,024 wait for a stream to begin: the next is refused at once', async () => {
  const sink = createTestSink()
  let isAway = true
  sink.readHead = () => (isAway ? Promise.reject(new Error('away')) : Promise.resolve(undefined))
  const trail = createAuditTrail(toOptions([sink], { required: { timeoutMs: 10_000 } }))
  let [refused, kept] = [0, 0]
  const asked = Array.from({ length: 1_100 }, () =>
    trail.record(exchange).then(
      () => (kept += 1),
      () => (refused += 1),
    ),
  )
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect({ refused, kept }).toEqual({ refused: 1_100 - 1_024, kept: 0 })
  isAway = false
  await Promise.all(asked)
  expect({ refused, kept }).toEqual({ refused: 1_100 - 1_024, kept: 1_024 })
  await trail.close()
})

it('no more than 1,024 wait for room: the next is refused at once', async () => {
  const sink = createTestSink()
  const trail = createAuditTrail(toOptions([sink], { queue: { maxEvents: 16 }, required: { timeoutMs: 10_000 } }))
  await trail.ready()
  await until(() => trail.health().sinks[0]?.queuedEvents === 0)
  sink.behaviour = 'hang'
  let refused = 0
  const asked = Array.from({ length: 1_100 }, () => trail.record(exchange).catch(() => (refused += 1)))
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(refused).toBe(1_100 - 16 - 1_024)
  await trail.close(10)
  expect(asked).toHaveLength(1_100)
})

it('a sink that hangs hears after five seconds that nobody waits any more, and is given the batch again', async () => {
  const sink = createTestSink()
  const signals: AbortSignal[] = []
  const hanging: AuditSink = {
    ...sink,
    write(batch, { signal }) {
      signals.push(signal)
      return signals.length === 1 ? new Promise(() => {}) : sink.write(batch, { signal })
    },
  }
  const trail = createAuditTrail(toOptions([hanging], { required: { timeoutMs: 50 } }))
  await trail.ready()
  await until(() => signals.length === 1)
  await new Promise((resolve) => setTimeout(resolve, 5_500))
  expect(signals[0]?.aborted).toBe(true)
  expect(signals[1]?.aborted).toBe(false)
  await trail.close()
  expect(sink.types).toContain('service.started')
}, 20_000)
