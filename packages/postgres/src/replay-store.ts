import type { ReplayClaim, ReplayStore } from '@countersign/core'
import type { PostgresClient } from './client.js'
import { createGate } from './gate.js'
import { toLink } from './link.js'
import { readStoreOptions } from './option-tables.js'
import type { PostgresStoreOptions } from './options.js'
import { DURABLE, IDENTITY, toTable } from './statements.js'

/** A memory of used ids that every instance shares. */
export interface PostgresReplayStore extends ReplayStore {
  readonly shared: true
  claim(id: string, ttlMs: number): Promise<ReplayClaim>
}

/** So often ids whose time is over are taken away, with a claim: there is no timer. */
const PRUNE_MS = 10_000
/** So many at a time: nobody waits behind a long deletion. */
const PRUNED_AT_ONCE = 1_000
/** Nobody waits for that, so that it may be slow where a claim may not. */
const PRUNE_DEADLINE_MS = 5_000

/**
 * Remembers used ids in PostgreSQL, for every instance that has the same database.
 *
 * Of any number of claims of one id at most one is fresh: one statement decides. `memorySinceMs` says since when the database has
 * forgotten nothing: after a failover, whoever asks must not trust that an older id would still be known. Times are the database's own.
 *
 * `claim` rejects with UpstreamError `ERR_STORE_UNAVAILABLE` (503) within the deadline where PostgreSQL does not answer. It does not
 * see rows that somebody deletes, nor the claims of a primary that was cut off from its successor, nor a backup that was put back within
 * the same cluster and timeline: whoever does that deletes the row of `countersign_replay_memory`, and the memory begins anew.
 *
 * @param client a `Pool` of `pg`, or what `postgres()` gives; never closed here. The tables are made by `migrate`
 * @throws ConfigurationError for another client, and for options that cannot be
 */
export function postgresReplayStore(client: PostgresClient, options: PostgresStoreOptions = {}): PostgresReplayStore {
  const link = toLink(client)
  const { schema, deadlineMs, logger } = readStoreOptions(options)
  const gate = createGate(deadlineMs, logger)
  const [ids, memory] = [toTable(schema, 'countersign_replay'), toTable(schema, 'countersign_replay_memory')]
  const claim = `WITH ${DURABLE}, claimed AS (
  INSERT INTO ${ids} AS held (id, expires_at)
  SELECT $1, now() + $2::float8 * interval '1 millisecond' FROM durable
  ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at WHERE held.expires_at <= now()
  RETURNING id
)
SELECT EXISTS (SELECT FROM claimed) AS fresh,
  (SELECT ceil(extract(epoch FROM since) * 1000)::text FROM ${memory} WHERE identity = ${IDENTITY}) AS since`
  // The answer counts the winner's row too: of several that begin one memory, all learn the same time.
  const begin = `WITH ${DURABLE}, begun AS (
  INSERT INTO ${memory} AS held (identity, since) SELECT ${IDENTITY}, clock_timestamp() FROM durable
  ON CONFLICT (identity) DO UPDATE SET since = held.since RETURNING since
)
SELECT ceil(extract(epoch FROM since) * 1000)::text AS since FROM begun`
  const prune = `WITH pruned AS (
  DELETE FROM ${ids} WHERE id IN (
    SELECT id FROM ${ids} WHERE expires_at <= now() ORDER BY expires_at LIMIT ${PRUNED_AT_ONCE} FOR UPDATE SKIP LOCKED
  ) RETURNING id
)
SELECT count(*)::text AS count FROM pruned`
  let prunedAtMs = -Infinity
  let isPruning = false

  let toldSinceMs: number | undefined
  const tellNew = (memorySinceMs: number): void => {
    if (memorySinceMs === toldSinceMs) return
    toldSinceMs = memorySinceMs
    logger.warn('The memory of used ids is new: what may be older is refused for the next seconds', { memorySinceMs })
  }
  const pruneOnce = async (): Promise<number> => {
    const [row] = await link.send(prune, [], PRUNE_DEADLINE_MS)
    return Number(row?.['count'])
  }
  /** Past the gate: how long it takes says nothing of whether claims are answered. */
  const pruneAll = async (): Promise<void> => {
    const nowMs = performance.now()
    if (isPruning || nowMs - prunedAtMs < PRUNE_MS) return
    isPruning = true
    prunedAtMs = nowMs
    try {
      while ((await pruneOnce()) === PRUNED_AT_ONCE);
    } finally {
      isPruning = false
    }
  }
  return {
    shared: true,
    async claim(id, ttlMs) {
      if (typeof id !== 'string' || !/^[\w-]{1,64}$/.test(id))
        throw new TypeError('An id has 1 to 64 characters of base64url')
      if (!(ttlMs > 0 && ttlMs < Number.MAX_SAFE_INTEGER)) throw new RangeError('A time to live is above 0 ms')
      const { fresh, since } = await gate.run(async () => {
        const [row] = await link.send(claim, [id, String(ttlMs)], deadlineMs)
        // Another database than before, or one whose memory never began: it begins now, and what is older is in doubt.
        const isNew = typeof row?.['since'] !== 'string'
        const [memoryRow] = isNew ? await link.send(begin, [], deadlineMs) : [row]
        const since = Number(memoryRow?.['since'] ?? Number.NaN)
        if (Number.isNaN(since)) throw new TypeError('A claim was answered by something else')
        if (isNew) tellNew(since)
        return { fresh: row?.['fresh'], since }
      })
      pruneAll().catch(() => logger.debug('Used ids whose time is over were not taken away'))
      return fresh === true ? { fresh, memorySinceMs: since } : { fresh: false }
    },
  }
}
