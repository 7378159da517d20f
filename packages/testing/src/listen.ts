import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { IssuerAnswer, IssuerRequest } from './answer.js'
import { deliverToSocket } from './socket.js'

/** Where and how a test issuer listens. */
export interface ListenOptions {
  /** By default any free one. */
  readonly port?: number | undefined
  /** The address to bind, and the host of the URL; by default `127.0.0.1`. */
  readonly host?: string | undefined
  /** Serves https with this key and certificate chain, both PEM. */
  readonly tls?: { readonly key: string | Uint8Array; readonly cert: string | Uint8Array } | undefined
}

/** A real endpoint of a test issuer. */
export interface TestEndpoint {
  /** Scheme, host and port, without a slash at the end. */
  readonly url: string
  /** Stops listening and destroys every connection; closing twice is allowed. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** An endpoint whose port can be shut and opened again. */
export interface Listener extends TestEndpoint {
  /** Shuts the port: whoever connects is refused by the system. */
  shut(): Promise<void>
  /** Opens the same port again. */
  open(): Promise<void>
}

const REOPEN_TRIES = 40
const REOPEN_PAUSE_MS = 50

/** Opens a real endpoint that answers by `handle`. Rejects where the address cannot be bound. */
export async function openListener(
  handle: (request: IssuerRequest) => IssuerAnswer,
  options: ListenOptions,
): Promise<Listener> {
  const host = options.host ?? '127.0.0.1'
  const sockets = new Set<Socket>()
  let port = options.port ?? 0
  let server: Server | undefined
  let closed = false

  const toUrl = () => {
    const scheme = options.tls === undefined ? 'http' : 'https'
    return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${String(port)}`
  }

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const url = `${toUrl()}${request.url ?? '/'}`
    if (!URL.canParse(url)) {
      response.writeHead(400).end()
      return
    }
    request.resume()
    void deliverToSocket(handle({ method: request.method ?? 'GET', url, headers: toHeaders(request) }), response)
  }

  /** Shutting and opening at once would race for the port. */
  let last: Promise<void> = Promise.resolve()
  const inTurn = (step: () => Promise<void>) => {
    last = last.then(step, step)
    return last
  }

  async function bindServer(): Promise<void> {
    if (closed || server !== undefined) return
    const opening =
      options.tls === undefined ? createHttpServer(answer) : createHttpsServer({ ...toTls(options.tls) }, answer)
    server = opening
    opening.on('connection', (socket: Socket) => {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
    })
    await bind(opening, port, host)
    port = (opening.address() as AddressInfo).port
  }

  async function destroyServer(): Promise<void> {
    const closing = server
    if (closing === undefined) return
    server = undefined
    const ended = new Promise<void>((resolve) => closing.close(() => resolve()))
    for (const socket of sockets) socket.destroy()
    await ended
  }

  const open = () => inTurn(bindServer)
  const shut = () => inTurn(destroyServer)
  const close = () => {
    closed = true
    return shut()
  }

  await open()
  return { url: toUrl(), shut, open, close, [Symbol.asyncDispose]: close }
}

/** A port that was shut may be taken for a moment by somebody else's outgoing connection. */
async function bind(server: Server, port: number, host: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    server.listen(port, host)
    try {
      await once(server, 'listening')
      return
    } catch (error) {
      if (port === 0 || tries === REOPEN_TRIES || !isAddressInUse(error)) throw error
      await delay(REOPEN_PAUSE_MS)
    }
  }
}

function isAddressInUse(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
}

function toTls(tls: NonNullable<ListenOptions['tls']>): {
  readonly key: string | Buffer
  readonly cert: string | Buffer
} {
  const toPem = (pem: string | Uint8Array) => (typeof pem === 'string' ? pem : Buffer.from(pem))
  return { key: toPem(tls.key), cert: toPem(tls.cert) }
}

function toHeaders(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headersDistinct)) headers[name] = (value ?? []).join(', ')
  return headers
}
