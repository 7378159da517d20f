import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { createVerifier } from '@countersign/core'
import { createTestIssuer } from '@countersign/testing'

export const issuer = await createTestIssuer({ issuer: 'https://login.acme.example' })
export const options = { audience: 'https://api.example.com', issuers: [issuer.issuer], runtime: issuer.runtime }
export const verifier = createVerifier(options)

/** Serves an application for one test; answers a function that calls it. */
export async function serve(app: RequestListener) {
  const server = createServer(app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => server.close().closeAllConnections())
  const { port } = server.address() as AddressInfo
  return async (path: string, token?: string, method = 'GET') => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers })
    const challenge = answer.headers.get('www-authenticate')
    return { status: answer.status, challenge, headers: answer.headers, body: await answer.text() }
  }
}
