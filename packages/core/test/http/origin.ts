import { once } from 'node:events'
import { createServer as createHttp } from 'node:http'
import type { IncomingHttpHeaders, RequestListener, Server } from 'node:http'
import { createServer as createHttps } from 'node:https'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** A request as the origin saw it. */
export interface SeenRequest {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** A real server on loopback, closed when the test is over. */
export interface Origin {
  readonly url: string
  readonly port: number
  readonly requests: readonly SeenRequest[]
  readonly server: Server
}

/** Starts a server that answers with `listener`, over TLS where a certificate is given. */
export async function startOrigin(listener: RequestListener, tls?: { key: string; cert: string }): Promise<Origin> {
  const requests: SeenRequest[] = []
  const onRequest: RequestListener = (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      requests.push({ method, url, headers, body: Buffer.concat(chunks).toString() })
      listener(request, response)
    })
  }
  const server = tls === undefined ? createHttp(onRequest) : createHttps(tls, onRequest)
  server.on('clientError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  return { url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`, port, requests, server }
}
