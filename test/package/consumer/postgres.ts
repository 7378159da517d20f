import type { ReplayStore, SigningKeyStore } from '@countersign/core'
import { migrate, postgresKeys, postgresReplayStore } from '@countersign/postgres'
import type { PostgresClient, PostgresKeysOptions } from '@countersign/postgres'

/** Any client of these shapes will do: the library itself is not needed to compile. */
const pool: PostgresClient = { query: () => Promise.resolve({ rows: [] }) }
const sql: PostgresClient = { unsafe: () => Promise.resolve([]) }

const options: PostgresKeysOptions = { name: 'orders', schema: undefined }

export const keys: SigningKeyStore = postgresKeys(pool, options)
export const replays: ReplayStore = postgresReplayStore(sql, { deadlineMs: 100 })
export const made: Promise<void> = migrate(pool, { schema: 'countersign' })

// @ts-expect-error -- a URL is no client
postgresKeys('postgres://localhost')
