import type { PostgresClient } from './client.js'
import { toLink } from './link.js'
import { TABLES } from './migrations.js'
import { readMigrateOptions } from './option-tables.js'
import type { MigrateOptions } from './options.js'
import { IDENTITY } from './statements.js'

/** Any number, as long as nobody else locks it: the first bytes of SHA-256("countersign postgres migrate"). */
const LOCK = '3082918403555013'

/**
 * Makes the tables of this package where they are missing. Safe to call again, and by several processes that start at once: the
 * first works, the others wait for it, at most 30 s. All of it happens, or nothing. Where everything is there already no table is
 * locked against anybody; what is missing waits for whoever uses its table, at most 5 s.
 *
 * Rejects with what the client throws. The role must own the schema, or may create in it; the same statements are in
 * `sql/countersign.sql` for those who migrate otherwise.
 *
 * @param client a `Pool` of `pg`, or what `postgres()` gives; never closed here
 * @throws ConfigurationError for another client, and for options that cannot be
 */
export async function migrate(client: PostgresClient, options: MigrateOptions = {}): Promise<void> {
  const link = toLink(client)
  const { schema } = readMigrateOptions(options)
  const within = [`CREATE SCHEMA IF NOT EXISTS "${schema}"`, `SELECT set_config('search_path', '"${schema}"', true)`]
  const statements = [
    `SELECT set_config('lock_timeout', '30s', true)`,
    `SELECT pg_advisory_xact_lock(${LOCK})`,
    // Whoever waits for a table holds up everybody who wants it after them.
    `SELECT set_config('lock_timeout', '5s', true)`,
    ...(schema === undefined ? [] : within),
    TABLES,
    // The memory of a new database begins here, rather than with the first claim, which would then be in doubt. Not at now(), which is
    // when this transaction began, and may have been before a long wait.
    `INSERT INTO countersign_replay_memory SELECT ${IDENTITY}, clock_timestamp() ON CONFLICT DO NOTHING`,
  ]
  // One message without values: one transaction, and no connection of the pool that keeps a lock or a setting.
  await link.sendAll(statements.join(';\n'))
}
