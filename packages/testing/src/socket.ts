import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { setTimeout as delay } from 'node:timers/promises'
import type { IssuerAnswer, StreamedBody } from './answer.js'

/** Delivers an answer over a real connection. Never rejects: what fails here is the client's connection, as was asked. */
export async function deliverToSocket(answer: IssuerAnswer, response: ServerResponse): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  if (answer.kind === 'silence') return
  if (answer.kind !== 'response') return reset(response)
  try {
    if (answer.delayMs !== undefined) await delay(answer.delayMs, undefined, { signal: gone.signal, ref: false })
    response.writeHead(answer.status, answer.headers)
    if (answer.body instanceof Uint8Array) response.end(answer.body)
    else await stream(answer.body, response, gone.signal)
  } catch {
    response.socket?.destroySoon()
  }
}

async function stream(body: StreamedBody, response: ServerResponse, signal: AbortSignal): Promise<void> {
  for await (const chunk of body(signal)) {
    if (!response.write(chunk)) await once(response, 'drain', { signal })
    signal.throwIfAborted()
  }
  response.end()
}

/** A reset on plain TCP; TLS sockets cannot send one and are cut instead. */
function reset({ socket }: ServerResponse): void {
  if (socket instanceof Socket && !(socket instanceof TLSSocket)) socket.resetAndDestroy()
  else socket?.destroy()
}
