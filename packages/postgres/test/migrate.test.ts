import { readFileSync } from 'node:fs'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { migrate, postgresKeys } from '../src/index.js'
import { TABLES } from '../src/migrations.js'
import type { PgClient } from '../src/index.js'
import { clean, command, databaseUrl, libraries, testSchema } from './clients.js'
import type { Opened } from './clients.js'
import { noDatabase, until } from './servers.js'

const listTables = async (): Promise<unknown[]> =>
  (await command(`SELECT tablename FROM pg_tables WHERE schemaname = '${testSchema}' ORDER BY 1`)).map(
    ({ tablename }) => tablename,
  )

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
