import { createAuditTrail, verifyTrail } from '@countersign/audit'
import type { AuditTrail, AuditTrailOptions } from '@countersign/audit'
import type { AuditEntry, AuditEvent, AuditSink } from '@countersign/core'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startProxy } from '../../redis/test/proxy.js'
import { migrate, postgresAuditSink, readAuditTable } from '../src/index.js'
import { clean, command, databaseUrl, libraries, testSchema } from './clients.js'
import type { Opened } from './clients.js'
import { noDatabase, noServer, startDatabase, until } from './servers.js'

const schema = testSchema
const exchange: AuditEntry = {
  type: 'token.exchange',
  outcome: 'success',
  subject: { iss: 'https://login.example', sub: 'Zoë "the\n\u0000 ghost" 🙂' },
  client: { id: 'orders', authMethod: 'private_key_jwt' },
  durationMs: 0.1 + 0.2,
}
const denial: AuditEntry = { ...exchange, type: 'authz.denied', outcome: 'denied', reason: 'ERR_SCOPE_INSUFFICIENT' }

function toTrail(sinks: readonly AuditSink[], more: Partial<AuditTrailOptions> = {}, timeoutMs = 2_000): AuditTrail {
  return createAuditTrail({
    service: { name: 'sts', version: '1.0.0' },
    fingerprintKeys: [{ id: 'k1', secret: Buffer.alloc(32, 1) }],
    ...more,
    required: { sinks, timeoutMs },
  })
}

async function listEvents(from: AsyncIterable<AuditEvent>): Promise<AuditEvent[]> {
  const events: AuditEvent[] = []
  for await (const event of from) events.push(event)
  return events
}

describe.skipIf(noDatabase !== '').each(libraries)(
  `an audit sink in a real database, through $name${noDatabase}`,
  ({ open }) => {
    let opened: Opened
    beforeEach(async () => {
      opened = open(databaseUrl)
      await migrate(opened.client, { schema })
    })
    afterEach(async () => {
      await opened.close()
      await clean()
    })
    afterAll(clean)

    it('keeps what was acknowledged, in its order, as a chain that holds', async () => {
      const trail = toTrail([postgresAuditSink(opened.client, { schema })])
      await Promise.all(Array.from({ length: 300 }, (_, index) => trail.record({ ...exchange, txn: `x${index}` })))
      await trail.close()
      const events = await listEvents(readAuditTable(opened.client, { schema }))
      expect(events.map(({ chain }) => chain.seq)).toEqual(Array.from({ length: 302 }, (_, index) => index + 1))
      expect(events[1]?.subject?.sub).toBe('Zoë "the\\u000a\\u0000 ghost" 🙂')
      expect(await verifyTrail(readAuditTable(opened.client, { schema }))).toMatchObject({ ok: true, events: 302 })
    })

    it('follows the last event that a stream can follow, whatever row somebody has added', async () => {
      const sink = postgresAuditSink(opened.client, { schema })
      const trail = toTrail([sink])
      await trail.record(exchange)
      await trail.close()
      const head = await sink.readHead?.()
      const rows = [
        ['a b', 1, 'h'],
        ['odd', 0, 'h'],
        ['odd', 1, 'h h'],
        [head?.stream, 0, 'h'],
        [head?.stream, 99, ''],
      ] as const
      for (const [stream, seq, hash] of rows)
        await command(`INSERT INTO ${schema}.countersign_audit (stream, seq, time, type, outcome, event)
VALUES ('${stream}', ${seq}, now(), 'authz.denied', 'denied', '${JSON.stringify({ chain: { hash } })}')`)
      expect(await sink.readHead?.()).toEqual(head)
      const next = toTrail([sink])
      await next.record(exchange)
      await next.close()
    })

    it('says that other processes write to it: what it had last may be of any of them', () => {
      expect(postgresAuditSink(opened.client, { schema }).isShared).toBe(true)
    })

    it('has an event once, however often it comes', async () => {
      const sink = postgresAuditSink(opened.client, { schema })
      const seen: AuditEvent[] = []
      const tee: AuditSink = {
        ...sink,
        name: 'tee',
        write(batch, options) {
          seen.push(...batch)
          return sink.write(batch, options)
        },
      }
      const trail = toTrail([tee])
      for (let index = 0; index < 5; index++) await trail.record(exchange)
      await trail.close()
      const { signal } = new AbortController()
      await sink.write(seen, { signal })
      await sink.write(seen.slice(2, 4), { signal })
      expect(await listEvents(readAuditTable(opened.client, { schema }))).toHaveLength(7)
    })

    it('tells the next stream what it follows, and takes several streams at once', async () => {
      const sink = postgresAuditSink(opened.client, { schema })
      const first = toTrail([sink])
      await first.record(exchange)
      await first.close()
      const others = [toTrail([sink]), toTrail([postgresAuditSink(opened.client, { schema })])]
      await Promise.all(others.flatMap((trail) => Array.from({ length: 100 }, () => trail.record(exchange))))
      await Promise.all(others.map((trail) => trail.close()))
      const report = await verifyTrail(readAuditTable(opened.client, { schema }))
      expect(report).toMatchObject({ ok: true, events: 207 })
      expect(report.streams.map(({ follows }) => follows !== undefined)).toEqual([false, true, true])
    })

    it('does not take what stands under its number for what it was given', async () => {
      const sink = postgresAuditSink(opened.client, { schema })
      const trail = toTrail([sink], {}, 300)
      await trail.record(exchange)
      await command(`INSERT INTO "${schema}".countersign_audit (stream, seq, time, type, outcome, event)
SELECT stream, 3, time, type, outcome, event FROM "${schema}".countersign_audit WHERE seq = 2`)
      await expect(trail.record({ ...exchange, txn: 'mine' })).rejects.toMatchObject({
        reason: 'ERR_AUDIT_UNAVAILABLE',
      })
      expect(trail.health()).toMatchObject({ ok: false, sinks: [{ lastFailure: 'EEXIST' }] })
      await command(`DELETE FROM "${schema}".countersign_audit WHERE seq = 3`)
      await until(() => trail.health().ok)
      await trail.close()
      expect((await listEvents(readAuditTable(opened.client, { schema }))).map(({ txn }) => txn)).toContain('mine')
    })

    it('reads rows under numbers that no sink gives, and rows that are no events', async () => {
      const trail = toTrail([postgresAuditSink(opened.client, { schema })])
      await trail.record(exchange)
      await trail.close()
      for (const [seq, event] of [
        [-5, 'event'],
        [0, `'{}'`],
        [9, `'null'`],
        [-6, `'"text"'`],
      ])
        await command(`INSERT INTO "${schema}".countersign_audit (stream, seq, time, type, outcome, event)
SELECT stream, ${seq}, time, type, outcome, ${event} FROM "${schema}".countersign_audit WHERE seq = 2`)
      const report = await verifyTrail(readAuditTable(opened.client, { schema }))
      expect(report).toMatchObject({ ok: false, events: 3, duplicates: 1 })
      expect(report.problems.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['garbage', 'garbage', 'garbage']))
    })

    it('shows what somebody changed in the table', async () => {
      const trail = toTrail([postgresAuditSink(opened.client, { schema })])
      for (let index = 0; index < 5; index++) await trail.record(exchange)
      await trail.close()
      await command(
        `UPDATE "${schema}".countersign_audit SET event = jsonb_set(event, '{outcome}', '"denied"') WHERE seq = 3`,
      )
      expect((await verifyTrail(readAuditTable(opened.client, { schema }))).firstBad).toMatchObject({
        kind: 'edited',
        seq: 3,
      })
      await command(`DELETE FROM "${schema}".countersign_audit WHERE seq = 3`)
      expect((await verifyTrail(readAuditTable(opened.client, { schema }))).firstBad).toMatchObject({
        kind: 'missing',
        seq: 3,
      })
    })

    it('works for a role that may only add', async () => {
      const role = `${schema}_recorder`
      await command(`DROP ROLE IF EXISTS "${role}"; CREATE ROLE "${role}" LOGIN;
GRANT USAGE ON SCHEMA "${schema}" TO "${role}"; GRANT SELECT, INSERT ON "${schema}".countersign_audit TO "${role}"`)
      const restricted = open(databaseUrl.replace(/\/\/[^@]*@/, `//${role}@`))
      try {
        const trail = toTrail([postgresAuditSink(restricted.client, { schema })])
        await trail.record(exchange)
        await trail.close()
        expect(await listEvents(readAuditTable(restricted.client, { schema }))).toHaveLength(3)
      } finally {
        await restricted.close()
        await command(`DROP OWNED BY "${role}"; DROP ROLE "${role}"`)
      }
    })

    it('counts as failed while its table is locked, and loses and doubles nothing', async () => {
      const trail = toTrail([postgresAuditSink(opened.client, { schema })], {}, 200)
      await trail.record(exchange)
      const locked = command(
        `BEGIN; LOCK TABLE "${schema}".countersign_audit IN EXCLUSIVE MODE; SELECT pg_sleep(1); COMMIT`,
      )
      await until(
        async () =>
          (await trail.record(exchange).then(
            () => 'kept',
            () => 'refused',
          )) === 'refused',
      )
      await until(() => !trail.health().ok)
      expect(trail.health()).toMatchObject({ sinks: [{ state: 'failed', lastFailure: 'LATE' }] })
      await locked
      await until(() => trail.health().ok)
      await trail.record({ ...exchange, txn: 'after' })
      expect(await trail.close()).toEqual({ drained: true, lost: 0 })
      const events = await listEvents(readAuditTable(opened.client, { schema }))
      expect(new Set(events.map(({ id }) => id)).size).toBe(events.length)
      expect(await verifyTrail(readAuditTable(opened.client, { schema }))).toMatchObject({
        ok: true,
        gaps: [],
        duplicates: 0,
      })
    })
  },
)

describe.skipIf(noServer !== '').each(libraries)(
  `an audit sink whose database is away, through $name${noServer}`,
  ({ open }) => {
    it.each(['cut', 'stall', 'crash'] as const)(
      '%s: refuses what is waited for, loses and doubles nothing that was acknowledged, recovers by itself',
      async (hurt) => {
        const database = await startDatabase()
        const proxy = await startProxy(database.port)
        const opened = open(database.url.replace(String(database.port), String(proxy.port)))
        try {
          await migrate(opened.client)
          const trail = toTrail([postgresAuditSink(opened.client)], { queue: { maxEvents: 500 } }, 200)
          await trail.ready()
          const acknowledged: string[] = []
          const record = async (txn: string): Promise<boolean> =>
            trail.record({ ...exchange, txn }).then(
              () => acknowledged.push(txn) > 0,
              () => false,
            )
          for (let index = 0; index < 50; index++) await record(`before ${index}`)
          expect(acknowledged).toHaveLength(50)
          if (hurt === 'crash') await database.crash()
          else proxy[hurt]()
          // What is under way may still have been answered.
          await until(async () => !(await record('during')))
          await until(() => !trail.health().ok)
          const startedMs = performance.now()
          expect(await Promise.all(Array.from({ length: 50 }, () => record('refused')))).toEqual(Array(50).fill(false))
          expect(performance.now() - startedMs).toBeLessThan(2_000)
          for (let index = 0; index < 2_000; index++) await trail.record(denial)
          const health = trail.health()
          expect(health.ok).toBe(false)
          expect(health.lost).toBeGreaterThan(1_000)
          expect(health.sinks[0]?.queuedEvents).toBeLessThanOrEqual(500)
          if (hurt === 'crash') await database.start()
          else proxy.mend()
          await until(() => trail.health().ok)
          await until(() => record('after'))
          for (let index = 0; index < 50; index++) expect(await record(`after ${index}`)).toBe(true)
          await until(() => trail.health().sinks[0]?.queuedEvents === 0)
          await trail.close()
          const events = await listEvents(readAuditTable(opened.client))
          const kept = new Set(events.map(({ txn }) => txn))
          expect(acknowledged.filter((txn) => !kept.has(txn))).toEqual([])
          expect(new Set(events.map(({ id }) => id)).size).toBe(events.length)
          expect(events.some(({ txn }) => txn === 'refused')).toBe(false)
          const report = await verifyTrail(readAuditTable(opened.client), { sink: 'postgres' })
          expect(report.problems).toEqual([])
          expect(report.gaps.every(({ told }) => told)).toBe(true)
          expect(events.map(({ type }) => type)).toContain('audit.gap')
        } finally {
          await proxy.close()
          await opened.close()
          await database.stop()
        }
      },
      120_000,
    )
  },
)
