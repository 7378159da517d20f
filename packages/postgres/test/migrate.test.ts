import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import pg from 'pg'
import { migrate, postgresKeys, postgresReplayStore } from '../src/index.js'
import { TABLES } from '../src/migrations.js'
import type { PgClient } from '../src/index.js'
import { clean, command, databaseUrl, libraries, testSchema } from './clients.js'
import type { Opened } from './clients.js'
import { noDatabase, until } from './servers.js'

const listTables = async (): Promise<unknown[]> =>
  (await command(`SELECT tablename FROM pg_tables WHERE schemaname = '${testSchema}' ORDER BY 1`)).map(
    ({ tablename }) => tablename,
  )

const listIndexes = async (): Promise<unknown[]> =>
  (await command(`SELECT indexname FROM pg_indexes WHERE schemaname = '${testSchema}'`)).map(
    ({ indexname }) => indexname,
  )

/** Does something while another connection is in a transaction that has begun with a statement. */
async function holding<T>(statement: string, work: () => Promise<T>): Promise<T> {
  const holder = new pg.Client({ connectionString: databaseUrl })
  await holder.connect()
  try {
    await holder.query(`BEGIN; ${statement}`)
    return await work()
  } finally {
    await holder.end()
  }
}

describe.skipIf(noDatabase !== '')(`the tables${noDatabase}`, () => {
  const opened: Opened[] = []
  const open = (name: string): Opened['client'] => {
    const one = libraries.find((library) => library.name === name)!.open(databaseUrl)
    opened.push(one)
    return one.client
  }
  afterEach(async () => {
    await Promise.all(opened.splice(0).map(({ close }) => close()))
    await clean()
  })
  afterAll(clean)

  it.each(['pg', 'postgres'])('are made once by eight processes that start at once, through %s', async (name) => {
    const clients = Array.from({ length: 8 }, () => open(name))
    await Promise.all(clients.map((client) => migrate(client, { schema: testSchema })))
    expect(await listTables()).toEqual([
      'countersign_audit',
      'countersign_replay',
      'countersign_replay_memory',
      'countersign_signing_keys',
    ])
    expect(
      await command(
        `SELECT since > now() - interval '1 minute' AS young FROM "${testSchema}".countersign_replay_memory`,
      ),
    ).toEqual([{ young: true }])
  })

  it.each(['pg', 'postgres'])('are left as they are, with what is in them, through %s', async (name) => {
    const client = open(name)
    await migrate(client, { schema: testSchema })
    const store = postgresKeys(client, { schema: testSchema, deadlineMs: 1_000 })
    await store.compareAndSet(0, { version: 1, bytes: Buffer.from('sealed') })
    await migrate(client, { schema: testSchema })
    expect(await store.read()).toEqual({ version: 1, bytes: Buffer.from('sealed') })
  })

  it.each([
    ['a VACUUM', 'SHARE UPDATE EXCLUSIVE'],
    ['a long DELETE', 'ROW EXCLUSIVE'],
    ['a VACUUM FULL', 'ACCESS EXCLUSIVE'],
  ])('that are there already wait for nobody, beside %s, and nobody for them', async (_, mode) => {
    const client = open('pg')
    await migrate(client, { schema: testSchema })
    const store = postgresReplayStore(client, { schema: testSchema, deadlineMs: 1_000 })
    await holding(`LOCK TABLE "${testSchema}".countersign_audit IN ${mode} MODE`, async () => {
      const migrated = migrate(client, { schema: testSchema })
      await Promise.race([migrated, sleep(1_000)])
      expect((await store.claim('beside', 60_000)).fresh).toBe(true)
      await migrated
    })
  })

  it('that lack an index are waited for no longer than 5 s, since everybody else waits behind that', async () => {
    const client = open('pg')
    await migrate(client, { schema: testSchema })
    await command(`DROP INDEX "${testSchema}".countersign_audit_time`)
    const startedMs = performance.now()
    await holding(`LOCK TABLE "${testSchema}".countersign_audit IN ROW EXCLUSIVE MODE`, async () => {
      await expect(migrate(client, { schema: testSchema })).rejects.toMatchObject({ code: '55P03' })
    })
    expect(performance.now() - startedMs).toBeLessThan(15_000)
    await migrate(client, { schema: testSchema })
    expect(await listIndexes()).toContain('countersign_audit_time')
  })

  it('have their indexes where another schema of the path has some of the same names', async () => {
    const other = `${testSchema}_other`
    const client = open('pg')
    try {
      await migrate(client, { schema: other })
      await command(`CREATE SCHEMA "${testSchema}"; SET search_path = "${testSchema}", "${other}"; ${TABLES}`)
      expect(await listIndexes()).toEqual(
        expect.arrayContaining(['countersign_audit_time', 'countersign_replay_expires_at']),
      )
    } finally {
      await command(`DROP SCHEMA IF EXISTS "${other}" CASCADE`)
    }
  })

  it('begin a memory when they are made, and not when the wait for another process began', async () => {
    const client = open('pg')
    let releasedMs = Infinity
    const [migrated] = await holding('SELECT pg_advisory_xact_lock(3082918403555013)', async () => {
      const waiting = migrate(client, { schema: testSchema })
      await until(async () => (await command(`SELECT 1 FROM pg_locks WHERE NOT granted`)).length > 0)
      await sleep(500)
      releasedMs = Date.now()
      return [waiting]
    })
    await migrated
    const [row] = await command(
      `SELECT extract(epoch FROM since) * 1000 AS since FROM "${testSchema}".countersign_replay_memory`,
    )
    // The database's clock is this machine's.
    expect(Number(row?.['since'])).toBeGreaterThanOrEqual(releasedMs)
  })

  it('come all or not at all, and leave no lock and no transaction behind', async () => {
    const client = open('pg')
    await command(`CREATE SCHEMA "${testSchema}"; CREATE VIEW "${testSchema}".countersign_replay AS SELECT 1 AS id`)
    await expect(migrate(client, { schema: testSchema })).rejects.toThrow('countersign_replay')
    expect(await listTables()).toEqual([])
    await command(`DROP VIEW "${testSchema}".countersign_replay`)
    await migrate(client, { schema: testSchema })
    // Other suites migrate too: theirs go as well.
    await until(async () => (await command(`SELECT 1 FROM pg_locks WHERE locktype = 'advisory'`)).length === 0)
    const { rows } = await (client as PgClient).query({ text: 'SHOW search_path' })
    expect(rows).toEqual([{ search_path: '"$user", public' }])
  })

  it('are the same in sql/countersign.sql', () => {
    expect(readFileSync(new URL('../sql/countersign.sql', import.meta.url), 'utf8')).toBe(TABLES)
  })
})

describe('options', () => {
  it.each(['Public', 'a"; DROP TABLE x; --', '', 'a.b', '1a', 'x'.repeat(64)])('have no schema %j', async (schema) => {
    const client = { query: async () => ({ rows: [] }) }
    await expect(migrate(client, { schema })).rejects.toThrow('Option "schema"')
    expect(() => postgresKeys(client, { schema })).toThrow('Option "schema"')
  })

  it('want a client of pg or postgres', async () => {
    for (const client of [undefined, {}, 'postgres://localhost', { execute() {} }])
      await expect(migrate(client as never)).rejects.toThrow('Option "client"')
  })
})
