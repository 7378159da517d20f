import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { memoryReplayStore } from '@countersign/core'
import type { ReplayStore } from '@countersign/core'
import { replayStore } from '@countersign/redis'
import { createClient } from '@redis/client'

/** What several instances remember together. */
export interface Memory {
  /** Where it is, for people. */
  readonly name: string
  /** A way to it, of one instance's own. */
  open(): Promise<ReplayStore>
  close(): Promise<void>
}

/** The Redis of `REDIS_URL`, or one that is started here, or where there is none a store in this process. */
export async function openMemory(): Promise<Memory> {
  const given = process.env['REDIS_URL'] || undefined
  if (given !== undefined) return connect(given, 'the Redis of REDIS_URL', () => {})
  const port = await findFreePort()
  const quiet = ['--dir', tmpdir(), '--save', '', '--appendonly', 'no']
  const child = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', ...quiet], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const end = (): void => void child.kill('SIGKILL')
  process.once('exit', end)
  let output = ''
  // Not on PATH: its stream simply ends.
  child.on('error', () => {})
  for await (const text of child.stdout.setEncoding('utf8')) {
    output += String(text)
    if (output.includes('Ready to accept connections')) {
      return connect(`redis://127.0.0.1:${port}`, `a Redis on port ${port}`, end)
    }
  }
  const store = memoryReplayStore()
  const name = 'one store in this process, because no redis-server is on PATH'
  return { name, open: async () => store, close: async () => {} }
}

function connect(url: string, name: string, end: () => void): Memory {
  const clients: { destroy(): void }[] = []
  return {
    name,
    async open() {
      const client = createClient({ url, disableOfflineQueue: true })
      client.on('error', (error: Error) => console.error(`redis: ${error.message}`))
      await client.connect()
      clients.push(client)
      // A demo's Redis is empty because it is new, not because it has lost everything.
      const trust = { dangerouslyTrustEmptyServer: true }
      // Everything runs on one machine, which may be busy: in production the default is better, and 503 comes sooner.
      return replayStore(client, { prefix: 'countersign-demo:', deadlineMs: 1_000, ...trust })
    },
    async close() {
      for (const client of clients) client.destroy()
      end()
    },
  }
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
