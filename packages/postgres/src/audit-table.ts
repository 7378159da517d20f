import type { AuditEvent } from '@countersign/core'
import type { PostgresClient } from './client.js'
import { toLink } from './link.js'
import { readMigrateOptions } from './option-tables.js'
import type { MigrateOptions } from './options.js'
import { toTable } from './statements.js'

const PAGE_ROWS = 1_000
const PAGE_MS = 30_000

/**
 * Reads the events of the table, stream after stream in the order they began, each in its own order, a thousand at a time: for
 * `verifyTrail` and `findInTrail` of `@countersign/audit`. Nothing of them is checked here. Rejects with what the client throws.
 *
 * @param client a `Pool` of `pg`, or what `postgres()` gives; never closed here
 * @throws ConfigurationError for another client, and for options that cannot be
 */
export function readAuditTable(client: PostgresClient, options: MigrateOptions = {}): AsyncIterable<AuditEvent> {
  const link = toLink(client)
  const table = toTable(readMigrateOptions(options).schema, 'countersign_audit')
  const streams = `SELECT stream FROM ${table} GROUP BY stream ORDER BY min(position)`
  // A row that is text would be taken for the text of a trail.
  const page = `SELECT seq::text AS place, CASE jsonb_typeof(event) WHEN 'object' THEN event::text ELSE '{}' END AS line FROM ${table}
WHERE stream = $1 AND seq >= $2::bigint ORDER BY seq LIMIT ${PAGE_ROWS}`
  const readStream = async function* (stream: string): AsyncGenerator<AuditEvent, void> {
    // From the least there is: what somebody put under a number that no sink gives must be seen too.
    let seq = '-9223372036854775808'
    for (;;) {
      const rows = await link.send(page, [stream, seq], PAGE_MS)
      for (const row of rows) yield JSON.parse(String(row['line'])) as AuditEvent
      if (rows.length < PAGE_ROWS) return
      seq = String(BigInt(String(rows.at(-1)?.['place'])) + 1n)
    }
  }
  return {
    async *[Symbol.asyncIterator]() {
      for (const row of await link.send(streams, [], PAGE_MS)) yield* readStream(String(row['stream']))
    },
  }
}
