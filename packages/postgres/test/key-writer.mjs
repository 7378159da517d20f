// One replica: writes versions of the signing keys, as long as there are fewer than so many, and tells which were its own.
import { randomBytes } from 'node:crypto'
import { postgresKeys } from '@countersign/postgres'
import pg from 'pg'

const [connectionString = '', schema = '', last = '0'] = process.argv.slice(2)
const pool = new pg.Pool({ connectionString, max: 2 })
// The machine may be busy with other suites, and this is not about time.
const store = postgresKeys(pool, { schema, name: 'processes', deadlineMs: 1_000 })
await store.read()
process.stdout.write('ready\n')
for await (const _ of process.stdin);

/** @type {number[]} */
const won = []
for (;;) {
  const version = (await store.read())?.version ?? 0
  if (version >= Number(last)) break
  const next = { version: version + 1, bytes: randomBytes(1_000) }
  if (await store.compareAndSet(version, next)) won.push(next.version)
}
process.stdout.write(`${JSON.stringify(won)}\n`)
await pool.end()
