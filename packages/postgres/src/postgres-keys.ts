import type { SigningKeyStore } from '@countersign/core'
import type { PostgresClient } from './client.js'
import { createGate } from './gate.js'
import { toLink } from './link.js'
import { readKeysOptions } from './option-tables.js'
import type { PostgresKeysOptions } from './options.js'
import { DURABLE, toTable } from './statements.js'

/** The longest document that is read or written, in bytes. */
const MAX_BYTES = 1_048_576

/**
 * Keeps the sealed signing keys of a token service in one row of PostgreSQL, for every replica that has the same database and name.
 * One statement compares and sets.
 *
 * Both methods reject with UpstreamError `ERR_STORE_UNAVAILABLE` (503) within the deadline where PostgreSQL does not answer. It
 * does not see what a failover to a standby that lags behind, or a restored backup, takes away: replicas that have seen a newer
 * document write it again.
 *
 * @param client a `Pool` of `pg`, or what `postgres()` gives; never closed here. The table is made by `migrate`
 * @throws ConfigurationError for another client, and for options that cannot be
 */
export function postgresKeys(client: PostgresClient, options: PostgresKeysOptions = {}): SigningKeyStore {
  const link = toLink(client)
  const { schema, name, deadlineMs, logger } = readKeysOptions(options)
  const gate = createGate(deadlineMs, logger)
  const table = toTable(schema, 'countersign_signing_keys')
  const read = `SELECT version::text AS version,
  CASE WHEN octet_length(document) <= ${MAX_BYTES} THEN document END AS document
FROM ${table} WHERE name = $1`
  const insert = `WITH ${DURABLE} INSERT INTO ${table} (name, version, document)
SELECT $1, $2::bigint, $3::bytea FROM durable ON CONFLICT (name) DO NOTHING RETURNING version`
  const update = `WITH ${DURABLE} UPDATE ${table} SET version = $2::bigint, document = $3::bytea, written_at = now()
FROM durable WHERE name = $1 AND version = $4::bigint RETURNING version`
  return {
    async read() {
      const [row] = await gate.run(() => link.send(read, [name], deadlineMs))
      if (row === undefined) return undefined
      const { version, document } = row
      // Whoever writes the database cannot make this process swallow gigabytes: of what is too long the bytes are left there.
      return { version: Number(version), bytes: document instanceof Uint8Array ? document : new Uint8Array() }
    },
    async compareAndSet(expected, { version, bytes }) {
      if (bytes.length > MAX_BYTES) throw new RangeError(`A document has at most ${MAX_BYTES} bytes`)
      const values = [name, String(version), bytes]
      const [text, all] = expected === 0 ? [insert, values] : [update, [...values, String(expected)]]
      return (await gate.run(() => link.send(text, all, deadlineMs))).length === 1
    },
  }
}
