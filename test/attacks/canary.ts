import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server that an attacker runs. It has all that would be needed; that nobody asks is the test. */
export interface Canary {
  /** `127.0.0.1:port`, which the victim's configuration lets out over plain http. */
  readonly host: string
  /** What was asked for, or that somebody merely connected. */
  readonly calls: readonly string[]
  close(): Promise<void>
}

/** Starts the canary: whatever the path, it answers with a document that is metadata and a key set at once. */
export async function startCanary(jwk: object): Promise<Canary> {
  const calls: string[] = []
  const server = createServer((req, res) => {
    calls.push(`${req.method} ${req.url}`)
    const issuer = `http://${req.headers.host}`
    res.setHeader('Content-Type', 'application/json')
    res.end(JSON.stringify({ issuer, jwks_uri: `${issuer}/jwks`, keys: [jwk] }))
  })
  server.on('connection', () => calls.push('a connection'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    host: `127.0.0.1:${port}`,
    calls,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
