import { invalid } from '@countersign/core/adapter'
import type { PgClient, PostgresClient, PostgresJsClient } from './client.js'

/** One row of an answer. */
export type Row = Readonly<Record<string, unknown>>

/** One way to send statements, whatever the client. */
export interface Link {
  /** One statement with its values: text and bytes. `timeoutMs` for clients that can give up by themselves. */
  send(text: string, values: readonly (string | Uint8Array)[], timeoutMs: number): Promise<readonly Row[]>
  /** Several statements without values, which succeed together or not at all. */
  sendAll(text: string): Promise<void>
}

/**
 * Tells the supported clients apart by their methods: `unsafe` is postgres.js, `query` is `pg`.
 *
 * @throws ConfigurationError for anything else
 */
export function toLink(client: PostgresClient): Link {
  if (isPostgresJs(client)) {
    return {
      send: async (text, values) => (await client.unsafe(text, values.map(toBuffer) as never[])) as readonly Row[],
      sendAll: async (text) => void (await client.unsafe(text)),
    }
  }
  if (isPg(client)) {
    return {
      // A connection that does not answer would stay in the pool, and be given to the next.
      async send(text, values, timeoutMs) {
        const { rows } = await client.query({ text, values: values.map(toBuffer), query_timeout: timeoutMs })
        return rows as readonly Row[]
      },
      sendAll: async (text) => void (await client.query({ text })),
    }
  }
  const wants = 'a Pool of pg, or what postgres() gives'
  throw invalid({ option: 'client', got: client, wants, fix: 'Pass the pool itself.' })
}

function isPostgresJs(client: unknown): client is PostgresJsClient {
  return has(client, 'unsafe')
}

function isPg(client: unknown): client is PgClient {
  return has(client, 'query')
}

function has(client: unknown, method: string): boolean {
  const isHolder = (typeof client === 'object' && client !== null) || typeof client === 'function'
  return isHolder && typeof Reflect.get(client, method) === 'function'
}

/** Both clients know bytes as a Buffer. */
function toBuffer(value: string | Uint8Array): string | Buffer {
  return typeof value === 'string' ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength)
}
