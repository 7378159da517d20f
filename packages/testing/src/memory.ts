import { pipeline, Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { createGunzip } from 'node:zlib'
import type { IssuerAnswer, IssuerFault, IssuerResponse, StreamedBody } from './answer.js'

/**
 * Delivers an answer as `fetch` would: rejects where the connection fails, waits where nothing is sent, streams and
 * inflates the body, and stops as soon as `signal` aborts.
 */
export async function deliverInMemory(answer: IssuerAnswer, url: string, signal: AbortSignal): Promise<Response> {
  signal.throwIfAborted()
  if (answer.kind === 'silence') return rejectOnAbort(signal)
  if (answer.kind !== 'response') throw toFetchError(answer)
  if (answer.delayMs !== undefined) {
    await delay(answer.delayMs, undefined, { signal }).catch(() => signal.throwIfAborted())
  }
  const response = new Response(toBody(answer, signal), { status: answer.status, headers: answer.headers })
  Object.defineProperty(response, 'url', { value: url })
  return response
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

/** The error of Node's own `fetch`: a `TypeError` whose cause has the code. */
function toFetchError(fault: IssuerFault): TypeError {
  const code = fault.kind === 'refused' ? 'ECONNREFUSED' : 'ECONNRESET'
  return new TypeError('fetch failed', { cause: Object.assign(new Error(`connect ${code}`), { code }) })
}

function toBody(
  answer: IssuerResponse,
  signal: AbortSignal,
): ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> | null {
  const { body, headers, status } = answer
  if (status === 204 || status === 304) return null
  if (body instanceof Uint8Array) return new Uint8Array(body)
  return toWebStream(headers['content-encoding'] === 'gzip' ? inflate(body) : body, signal)
}

function inflate(body: StreamedBody): StreamedBody {
  return (signal) => {
    const gunzip = createGunzip()
    pipeline(Readable.from(body(signal)), gunzip, () => {})
    return gunzip
  }
}

/** Nothing is made before it is read, so that a body of 60 MB costs only what the reader takes of it. */
function toWebStream(body: StreamedBody, signal: AbortSignal): ReadableStream<Uint8Array> {
  const cancelled = new AbortController()
  const iterator = body(AbortSignal.any([signal, cancelled.signal]))[Symbol.asyncIterator]()
  return new ReadableStream(
    {
      start(controller) {
        const abort = () => {
          controller.error(signal.reason)
          void iterator.return?.().catch(() => {})
        }
        signal.addEventListener('abort', abort, { once: true })
      },
      async pull(controller) {
        const { done, value } = await iterator.next()
        if (signal.aborted) return
        if (done === true) controller.close()
        else controller.enqueue(value)
      },
      async cancel(reason) {
        cancelled.abort(reason)
        await iterator.return?.()
      },
    },
    { highWaterMark: 0 },
  )
}
