import { createAuditTrail, verifyTrail } from '@countersign/audit'
import type { CheckpointOptions } from '@countersign/audit'
import type { AuditEvent } from '@countersign/core'
import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { calculateJwkThumbprint, compactVerify, CompactSign, decodeProtectedHeader } from 'jose'
import type { JSONWebKeySet } from 'jose'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createCheckpoints } from '../src/chain/checkpoints.js'
import { seal } from '../src/chain/line.js'
import { createSealer } from '../src/chain/sealer.js'
import { createTestSink, denial, exchange, toOptions, until } from './doubles.js'
import { toEvent } from './events.js'

async function toJwks(key: KeyObject): Promise<JSONWebKeySet> {
  const jwk = createPublicKey(key).export({ format: 'jwk' })
  return { keys: [{ ...jwk, kid: await calculateJwkThumbprint(jwk) } as JSONWebKeySet['keys'][number]] }
}

async function* toSource<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items
}

const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey

/** Records so many events with checkpoints; gives what the two sinks have. */
async function record(
  count: number,
  options: Omit<CheckpointOptions, 'sink'>,
): Promise<Record<'events' | 'checkpoints', AuditEvent[]>> {
  const [first, second] = [createTestSink('first'), createTestSink('second')]
  const trail = createAuditTrail(toOptions([first], { checkpoints: { ...options, sink: second } }))
  for (let index = 0; index < count; index++) await trail.record(exchange)
  await trail.close()
  return { events: first.events, checkpoints: second.events }
}

describe('checkpoints', () => {
  it.each([
    ['P-256', 'ES256', p256],
    ['P-384', 'ES384', generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey],
    ['Ed25519', 'Ed25519', generateKeyPairSync('ed25519').privateKey],
    ['RSA', 'RS256', generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey],
  ])('are signed by a key of %s, by name of its thumbprint, and verified by its public half', async (_, alg, key) => {
    const { events, checkpoints } = await record(3, { key })
    const keys = await toJwks(key)
    const jws = checkpoints[0]?.checkpoint?.jws ?? ''
    expect(decodeProtectedHeader(jws)).toEqual({ alg, kid: keys.keys[0]?.kid, typ: 'countersign-audit-checkpoint' })
    const { payload } = await compactVerify(jws, createPublicKey(key))
    const { stream, hash } = events[4]!.chain
    expect(JSON.parse(Buffer.from(payload).toString())).toMatchObject({ stream, seq: 5, hash })
    const report = await verifyTrail(toSource(events), { checkpoints: { keys, source: toSource(checkpoints) } })
    expect(report).toMatchObject({ ok: true, checkpoints: 1, streams: [{ checkpointSeq: 5 }] })
  })

  it('are made once in so many events, over the head of that moment, and go to both sinks', async () => {
    const [first, second] = [createTestSink('first'), createTestSink('second')]
    const checkpointOptions = { key: p256, everyEvents: 10, sink: second }
    const trail = createAuditTrail(toOptions([first], { checkpoints: checkpointOptions }))
    for (const due of [1, 2]) {
      for (let index = 0; index < 10; index++) await trail.record(exchange)
      await until(() => second.events.length === due)
    }
    for (let index = 0; index < 5; index++) await trail.record(exchange)
    await trail.close()
    const { events } = first
    const own = events.filter(({ type }) => type === 'audit.checkpoint')
    expect(own).toEqual(second.events)
    // The last one is made at the end.
    expect(own).toHaveLength(3)
    for (const { checkpoint, chain } of own) {
      expect(chain.seq).toBeGreaterThan(checkpoint?.seq ?? Infinity)
      expect(events.find((event) => event.chain.seq === checkpoint?.seq)?.chain.hash).toBe(checkpoint?.hash)
    }
  })

  it('are made once in so many seconds in which something happened, and none about nothing but themselves', async () => {
    const [first, second] = [createTestSink('first'), createTestSink('second')]
    const trail = createAuditTrail(
      toOptions([first], { checkpoints: { key: p256, sink: second, everySeconds: 1, everyEvents: 1_000 } }),
    )
    await trail.record(exchange)
    await until(() => second.events.length === 1)
    expect(trail.health().checkpointSeq).toBe(2)
    await new Promise((resolve) => setTimeout(resolve, 1_300))
    expect(second.events).toHaveLength(1)
    await trail.close()
    expect(second.events).toHaveLength(2)
  })

  it('can be signed elsewhere', async () => {
    const keyId = (await toJwks(p256)).keys[0]?.kid ?? ''
    const key = {
      algorithm: 'ES256',
      keyId,
      sign: async (input: Uint8Array) => sign('sha256', input, { key: p256, dsaEncoding: 'ieee-p1363' }),
    } as const
    const { events, checkpoints } = await record(3, { key })
    const report = await verifyTrail(toSource(events), {
      checkpoints: { keys: await toJwks(p256), source: toSource(checkpoints) },
    })
    expect(report).toMatchObject({ ok: true, checkpoints: 1 })
  })

  it('that cannot be signed stop nothing, are told to the operator, and come when they can be', async () => {
    let isDown = true
    const told: string[] = []
    const key = {
      algorithm: 'ES256',
      keyId: (await toJwks(p256)).keys[0]?.kid ?? '',
      sign: (input: Uint8Array) => {
        if (isDown) throw new Error('away')
        return sign('sha256', input, { key: p256, dsaEncoding: 'ieee-p1363' })
      },
    } as const
    const [first, second] = [createTestSink('first'), createTestSink('second')]
    const logger = { debug() {}, info() {}, warn() {}, error: (message: string) => void told.push(message) }
    const trail = createAuditTrail(toOptions([first], { logger, checkpoints: { key, sink: second, everyEvents: 5 } }))
    for (let index = 0; index < 20; index++) await trail.record(exchange)
    expect(second.events).toEqual([])
    expect(told.length).toBeGreaterThan(0)
    // Not with each event: a signer that is away would be asked by every exchange.
    expect(told.length).toBeLessThan(8)
    isDown = false
    await trail.close()
    expect(second.events).toHaveLength(1)
  })

  it.each([
    [
      'AccessDeniedException',
      () => Promise.reject(Object.assign(new Error('key/7'), { name: 'AccessDeniedException' })),
    ],
    ['ECONNREFUSED', () => Promise.reject(Object.assign(new Error('10.0.0.7'), { code: 'ECONNREFUSED' }))],
    ['LATE', () => new Promise<never>(() => {})],
  ])('that cannot be signed are told with why, in one word: %s', async (failure, sign) => {
    const told: unknown[] = []
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const rules = { everyEvents: 5, everySeconds: 60, key: { algorithm: 'ES256', keyId: 'kms', sign } as const }
    const logger = { debug() {}, info() {}, warn() {}, error: (...line: unknown[]) => void told.push(line) }
    const { keep } = createCheckpoints(rules, { logger, now: () => 0, tell: () => 1 })
    const event = toEvent('authn.success')
    keep({ ...event.chain, seq: 5 })
    await vi.advanceTimersByTimeAsync(10_000)
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
    expect(told).toEqual([['A checkpoint of the audit trail could not be signed', { seq: 5, failure }]])
  })

  it('of another kind, though signed by the same key, are none', async () => {
    const { events } = await record(2, { key: p256 })
    const keys = await toJwks(p256)
    const forge = async (typ: string, payload: object): Promise<AuditEvent[]> => {
      const jws = await new CompactSign(Buffer.from(JSON.stringify(payload)))
        .setProtectedHeader({ alg: 'ES256', kid: keys.keys[0]?.kid ?? '', typ })
        .sign(p256)
      const last = events.at(-1)!
      const { hash: _, ...place } = last.chain
      const { event } = seal({ ...last, checkpoint: { ...last.checkpoint!, jws }, chain: place })
      return [...events.slice(0, -1), event]
    }
    const { stream, seq, hash } = events[2]!.chain
    const honest = { stream, seq, hash, time: '2026-11-24T00:00:00.000Z' }
    const verify = async (forged: AuditEvent[]) =>
      (await verifyTrail(toSource(forged), { checkpoints: { keys } })).firstBad?.kind
    expect(await verify(await forge('countersign-audit-checkpoint', honest))).toBeUndefined()
    expect(await verify(await forge('JWT', honest))).toBe('forged-checkpoint')
    expect(await verify(await forge('countersign-audit-checkpoint', { ...honest, stream: 'another' }))).toBe(
      'forged-checkpoint',
    )
    expect(await verify(await forge('countersign-audit-checkpoint', { ...honest, hash: 'other' }))).toBe('rewritten')
    expect(await verify(await forge('countersign-audit-checkpoint', { seq: 'x' }))).toBe('forged-checkpoint')
  })
})

it('what anybody refused is counted, told and verified in one trail', async () => {
  const sink = createTestSink()
  const trail = createAuditTrail(toOptions([sink]))
  for (let index = 0; index < 50; index++) await trail.record(denial)
  await trail.close()
  expect(await verifyTrail(toSource(sink.events))).toMatchObject({ ok: true, events: 52 })
})

it('a gap that waits for its checkpoint does not have the signer asked by each event', async () => {
  let asked = 0
  const signer = {
    algorithm: 'ES256',
    keyId: 'k',
    sign() {
      asked += 1
      throw new Error('away')
    },
  } as const
  const logger = { debug() {}, info() {}, warn() {}, error() {} }
  const checkpoints = createCheckpoints(
    { key: signer, everyEvents: 10, everySeconds: 60 },
    { logger, now: Date.now, tell: () => 0 },
  )
  const sealer = createSealer('stream', undefined)
  for (let count = 0; count < 100; count++) {
    const { chain: _, ...content } = toEvent(count === 0 ? 'audit.gap' : 'token.exchange')
    checkpoints.see(sealer.seal(content).event)
    checkpoints.keep(sealer.head)
    await new Promise(setImmediate)
  }
  await checkpoints.close(sealer.seq)
  expect(asked).toBeGreaterThan(5)
  expect(asked).toBeLessThan(20)
})
