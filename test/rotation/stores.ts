import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { SigningKeyStore, VersionedBytes } from '@countersign/core'
import { migrate, postgresKeys } from '@countersign/postgres'
import { redisKeys } from '@countersign/redis'
import { fileKeys } from '@countersign/sts'
import { createClient } from '@redis/client'
import postgres from 'postgres'
import { noServer as noPostgres, startDatabase } from '../../packages/postgres/test/servers.js'
import { noServer as noRedis, startServer } from '../../packages/redis/test/servers.js'

/** A store of signing keys, with somebody beside it who can do to it whatever can be done without our code. */
export interface RealStore {
  readonly store: SigningKeyStore
  /** What lies there, past the store. */
  read(): Promise<VersionedBytes>
  /** Puts a document there, past the store; `undefined` takes it away. */
  write(document: VersionedBytes | undefined): Promise<void>
  /** Each puts something there that is no document at all. */
  readonly rubbish: readonly (() => Promise<unknown>)[]
  takeAway(): Promise<void>
  bringBack(): Promise<void>
  close(): Promise<void>
}

async function openRedis(): Promise<RealStore> {
  const server = await startServer('--appendonly', 'yes', '--appendfsync', 'always')
  const client = createClient({ url: server.url, disableOfflineQueue: true, socket: { reconnectStrategy: 20 } })
  client.on('error', () => {})
  await client.connect()
  const key = 'countersign:keys:signing-keys'
  return {
    store: redisKeys(client, { deadlineMs: 1_000, breaker: { cooldownMs: 10 } }),
    async read() {
      const [version, text = ''] = (await server.command('GET', key)).split(' ')
      return { version: Number(version), bytes: Buffer.from(text, 'base64url') }
    },
    async write(document) {
      if (document === undefined) await server.command('FLUSHALL')
      else await server.command('SET', key, `${document.version} ${Buffer.from(document.bytes).toString('base64url')}`)
    },
    rubbish: [
      () => server.command('SET', key, 'hello'),
      () => server.command('SETRANGE', key, '1500000', 'x'),
      () => server.command('LPUSH', key, 'hello'),
    ],
    takeAway: server.kill,
    bringBack: server.restart,
    async close() {
      client.destroy()
      await server.stop()
    },
  }
}

async function openPostgres(): Promise<RealStore> {
  const database = await startDatabase()
  const sql = postgres(database.url, { max: 2, onnotice() {}, connect_timeout: 2, fetch_types: false })
  await migrate(sql)
  return {
    store: postgresKeys(sql, { deadlineMs: 1_000 }),
    async read() {
      const [row] = await database.command('SELECT version::int, document FROM countersign_signing_keys')
      return { version: row?.['version'] as number, bytes: row?.['document'] as Uint8Array }
    },
    async write(document) {
      await database.command('DELETE FROM countersign_signing_keys')
      if (document === undefined) return
      const { version, bytes } = document
      const hex = Buffer.from(bytes).toString('hex')
      await database.command(`INSERT INTO countersign_signing_keys VALUES ('signing-keys', ${version}, '\\x${hex}')`)
    },
    rubbish: [
      () =>
        database.command(
          `INSERT INTO countersign_signing_keys VALUES ('signing-keys', 9, decode(repeat('00', 1048577), 'hex'))`,
        ),
    ],
    takeAway: database.crash,
    bringBack: database.start,
    async close() {
      await sql.end({ timeout: 1 })
      await database.stop()
    },
  }
}

async function openFiles(): Promise<RealStore> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'countersign-keys-'))
  const toFile = (version: number): string => path.join(folder, `${String(version).padStart(16, '0')}.keys`)
  return {
    store: fileKeys(folder),
    async read() {
      const version = Number.parseInt(readdirSync(folder).toSorted((one, two) => (one < two ? 1 : -1))[0] ?? '', 10)
      return { version, bytes: readFileSync(toFile(version)) }
    },
    async write(document) {
      for (const name of readdirSync(folder)) rmSync(path.join(folder, name))
      if (document !== undefined) writeFileSync(toFile(document.version), document.bytes)
    },
    rubbish: [async () => writeFileSync(toFile(9), Buffer.alloc(1_048_577, 1))],
    // Root reads through any mode; a mode that others could read is refused, whoever asks.
    takeAway: async () => chmodSync(folder, 0o755),
    bringBack: async () => chmodSync(folder, 0o700),
    close: async () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** The stores that can be had here, and why another one is left out. */
export const stores: readonly { readonly name: string; readonly missing: string; open(): Promise<RealStore> }[] = [
  { name: 'Redis', missing: noRedis, open: openRedis },
  { name: 'PostgreSQL', missing: noPostgres, open: openPostgres },
  { name: 'a directory', missing: '', open: openFiles },
]
