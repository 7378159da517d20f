import { randomBytes } from 'node:crypto'
import pg from 'pg'
import postgres from 'postgres'
import { inject } from 'vitest'
import type { PostgresClient } from '../src/index.js'

/** A client under test, and how it is put away. */
export interface Opened {
  readonly client: PostgresClient
  close(): Promise<void>
}

/** One of the supported libraries. */
export interface Library {
  readonly name: string
  /** As the README recommends. */
  open(url: string): Opened
}

/** The libraries, each with a pool of a few connections. */
export const libraries: readonly Library[] = [
  {
    name: 'pg',
    open(url) {
      const pool = new pg.Pool({ connectionString: url, max: 8, connectionTimeoutMillis: 2_000 })
      // A pool throws what happens to its idle connections.
      pool.on('error', () => {})
      return { client: pool, close: () => pool.end() }
    },
  },
  {
    name: 'postgres',
    open(url) {
      // Without `fetch_types: false` a connection that breaks while it begins is a rejection that nobody handles.
      const sql = postgres(url, { max: 8, connect_timeout: 2, fetch_types: false, onnotice() {} })
      return { client: sql, close: () => sql.end({ timeout: 1 }) }
    },
  },
]

/** The database of all suites. */
export const databaseUrl: string = inject('databaseUrl')

/** A schema of one test file: other suites, and the database of somebody else, are not touched. */
export const testSchema = `countersign_test_${randomBytes(6).toString('hex')}`

/** Sends a statement over a connection of its own. */
export async function command(text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(text)).rows
  } finally {
    await client.end()
  }
}

/** Takes away what a test file left. */
export async function clean(): Promise<void> {
  await command(`DROP SCHEMA IF EXISTS "${testSchema}" CASCADE`)
}
