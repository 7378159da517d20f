import type { AuditHead, AuditSink } from '@countersign/core'
import type { PostgresClient } from './client.js'
import { toLink } from './link.js'
import { readAuditOptions } from './option-tables.js'
import type { PostgresAuditOptions } from './options.js'
import { DURABLE, toTable } from './statements.js'

/** A connection that has not answered for so long is given up, by clients that can. A trail has counted the sink as failed long before. */
const GIVEN_UP_MS = 5_000
/** What hangs in the client keeps its batch in memory: so many, and then nothing more is begun. */
const MOST_UNDER_WAY = 4

/**
 * Creates a sink that keeps audit events in PostgreSQL: each batch is one `INSERT`, which waits for the disk, and in which what is
 * there already changes nothing. Any number of processes may write to one table, each its own stream.
 *
 * `write` rejects with what the client throws, the SQLSTATE in `code`; 53100 says that the disk is full. Where another event stands
 * under a number of the batch, which somebody else has put there, `code` is `EEXIST`: what was given is not kept.
 *
 * @param client a `Pool` of `pg`, or what `postgres()` gives; never closed here. The table is made by `migrate`
 * @throws ConfigurationError for another client, and for options that cannot be
 */
export function postgresAuditSink(client: PostgresClient, options: PostgresAuditOptions = {}): AuditSink {
  const link = toLink(client)
  const { schema, name } = readAuditOptions(options)
  const table = toTable(schema, 'countersign_audit')
  const insert = `WITH ${DURABLE}
INSERT INTO ${table} (stream, seq, time, type, outcome, event)
SELECT event -> 'chain' ->> 'stream', (event -> 'chain' ->> 'seq')::bigint, (event ->> 'time')::timestamptz,
  event ->> 'type', event ->> 'outcome', event
FROM durable, jsonb_array_elements($1::text::jsonb) WITH ORDINALITY AS batch (event, place) ORDER BY place
ON CONFLICT DO NOTHING RETURNING seq`
  const kept = `SELECT row.seq FROM jsonb_array_elements($1::text::jsonb) AS batch (event) JOIN ${table} AS row
ON row.stream = batch.event -> 'chain' ->> 'stream' AND row.seq = (batch.event -> 'chain' ->> 'seq')::bigint
WHERE row.event = batch.event`
  // Whoever may add can add a row that no stream can follow: it must not keep the next process from beginning.
  const isText = (text: string): string => `${text} ~ '^[!-~]+$' AND length(${text}) <= 256`
  const isHead = `seq >= 1 AND ${isText('stream')} AND ${isText("(event -> 'chain' ->> 'hash')")}`
  // Not the newest row itself: of a batch that came twice, the first may still have been under way beside the second.
  const newest = `SELECT stream, seq::text AS place, event -> 'chain' ->> 'hash' AS hash FROM ${table}
WHERE stream = (SELECT stream FROM ${table} WHERE ${isHead} ORDER BY position DESC LIMIT 1) AND ${isHead} ORDER BY seq DESC LIMIT 1`
  let underWay = 0

  return {
    name,
    durability: 'disk',
    isShared: true,
    async write(batch) {
      if (underWay >= MOST_UNDER_WAY) throw Object.assign(new Error('Too much is under way'), { code: 'EBUSY' })
      underWay += 1
      try {
        const values = [JSON.stringify(batch)]
        const added = await link.send(insert, values, GIVEN_UP_MS)
        // Anybody who may add can take a number before its event comes: what stands there must be that very event.
        if (added.length < batch.length && (await link.send(kept, values, GIVEN_UP_MS)).length < batch.length)
          throw Object.assign(new Error('Another event has the number of one of these'), { code: 'EEXIST' })
      } finally {
        underWay -= 1
      }
    },
    async readHead(): Promise<AuditHead | undefined> {
      const [row] = await link.send(newest, [], GIVEN_UP_MS)
      if (row === undefined) return undefined
      return { stream: String(row['stream']), seq: Number(row['place']), hash: String(row['hash']) }
    },
  }
}
