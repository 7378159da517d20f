import type { Readable } from 'node:stream'
import { toAuthRequest } from '../auth-request.js'
import type { IncomingRequest } from '../auth-request.js'
import { InternalError } from '../errors.js'
import type { HttpHandler, HttpPeer } from '../ports.js'
import { toCappedBody } from './request-body.js'
import type { CappedBody } from './request-body.js'
import { isCut } from './raw-fields.js'

/** A raw request, whose body is a stream. */
export type IncomingStream = IncomingRequest & Readable & { readonly httpVersionMajor?: number | undefined }

/** What is read of a raw response: whether its client is still there. */
export interface OutgoingStream {
  readonly writableFinished: boolean
  once(event: 'close', listener: () => void): unknown
}

/** One request for an endpoint, as an adapter has it. */
export interface EndpointCall {
  readonly raw: IncomingStream
  readonly response?: OutgoingStream | undefined
  /** The request target as it came over the wire, where the framework has rewritten `url`. */
  readonly target?: string | undefined
  /** The body, where the framework has put another stream in the place of `raw`. */
  readonly body?: Readable | undefined
  readonly maxBodyBytes: number
}

/**
 * Asks an endpoint for its answer to a raw request; `undefined` where the client has gone away.
 *
 * `request.url` holds the `Host` that the client wrote: an endpoint knows its own address by its configuration alone.
 * Its `signal` aborts when the client goes away. What cannot be a request of the Fetch API never reaches the endpoint:
 * 400 for a path that steps out of itself, 413 for a body beyond the cap, 501 for `TRACE`.
 *
 * @throws InternalError `ERR_UNEXPECTED` (500) where a body parser has left nothing to read, or the endpoint answers with
 *   anything but a `Response`; whatever the endpoint throws
 */
export async function callEndpoint(handler: HttpHandler, call: EndpointCall): Promise<Response | undefined> {
  const { raw, response, maxBodyBytes } = call
  const gone = new AbortController()
  response?.once('close', () => {
    if (!response.writableFinished) gone.abort()
  })
  if (Number(raw.headers['content-length'] ?? 0) > maxBodyBytes) return tooLarge(raw)
  const body = findBody(call)
  const request = toRequest(call, body, gone.signal)
  if (request instanceof Response) return request
  try {
    const answer = checkResponse(await handler(request, toPeer(raw)))
    if (!gone.signal.aborted) return answer
    await answer.body?.cancel()
    return undefined
  } catch (error) {
    if (gone.signal.aborted) return undefined
    if (body !== undefined && 'isTooLarge' in body && body.isTooLarge()) return tooLarge(raw)
    throw error
  }
}

type Body = CappedBody | { readonly bytes: Uint8Array }

function findBody(call: EndpointCall): Body | undefined {
  const { raw, maxBodyBytes } = call
  const { method = 'GET', headers } = raw
  // The Fetch API knows no GET with a body, and HTTP gives it no meaning (RFC 9110 section 9.3.1).
  if (method === 'GET' || method === 'HEAD') return undefined
  const announced = Number(headers['content-length'] ?? 0) > 0 || headers['transfer-encoding'] !== undefined
  if (!announced && raw.httpVersionMajor !== 2) return undefined
  const source = call.body ?? raw
  if (!source.readableDidRead) return toCappedBody(source, maxBodyBytes)
  // Serverless platforms and some body parsers keep the bytes as they came.
  const { rawBody } = raw as { readonly rawBody?: unknown }
  if (rawBody instanceof Uint8Array && rawBody.byteLength <= maxBodyBytes) return { bytes: rawBody }
  throw new InternalError('ERR_UNEXPECTED', {
    message: 'A body parser has read this request before the endpoint could. Put mount() before it.',
  })
}

function toRequest({ raw, target }: EndpointCall, body: Body | undefined, signal: AbortSignal): Request | Response {
  const { method = 'GET' } = raw
  if (/^(TRACE|TRACK|CONNECT)$/i.test(method)) return new Response(null, { status: 501 })
  const path = target ?? raw.originalUrl ?? raw.url ?? '/'
  // A URL parser takes these steps, a router does not: the two would speak of different paths.
  if (/[/\\](\.|%2e){1,2}([/\\?#]|$)/i.test(path.replace(/\?.*/s, ''))) return new Response(null, { status: 400 })
  const headers = toHeaders(raw)
  const url = toUrl(raw, path)
  if (headers === undefined || url === undefined) return new Response(null, { status: 400 })
  if (body === undefined) return new Request(url, { method, headers, signal })
  const content = 'bytes' in body ? new Uint8Array(body.bytes) : body.stream
  // Not written in place: the types of browsers, which an application may have, do not know `duplex`.
  const options = { method, headers, signal, body: content, duplex: 'half' as const }
  return new Request(url, options)
}

function toUrl(raw: IncomingStream, target: string): string | undefined {
  const named = toAuthRequest(raw, { trustHost: true, target }).url
  const candidates = [named, toAuthRequest(raw, { publicUrl: 'http://localhost', target }).url]
  return candidates.find((url) => url !== undefined && URL.canParse(url))
}

/** Every field with each of its values; `undefined` where one cannot be a field of the Fetch API, or some may be missing. */
function toHeaders(raw: IncomingStream): Headers | undefined {
  if (isCut(raw)) return undefined
  const { rawHeaders = [], headers } = raw
  const fields =
    rawHeaders.length > 0
      ? rawHeaders.flatMap((value, index) => (index % 2 === 1 ? [[String(rawHeaders[index - 1]), value] as const] : []))
      : Object.entries(headers).flatMap(([name, value = []]) => [value].flat().map((each) => [name, each] as const))
  const found = new Headers()
  try {
    for (const [name, value] of fields) if (!name.startsWith(':')) found.append(name, value)
  } catch {
    return undefined
  }
  return found
}

/** By its tag: a `Response` of another copy of the Fetch API is one too. */
function checkResponse(answer: Response): Response {
  if (Object.prototype.toString.call(answer) === '[object Response]') return answer
  throw new InternalError('ERR_UNEXPECTED', { message: 'An endpoint answered with something that is no Response' })
}

function toPeer({ socket }: IncomingStream): HttpPeer {
  return {
    remoteAddress: socket?.remoteAddress,
    clientCertificate: () => socket?.getPeerX509Certificate?.(),
    // Servers that ask for certificates and take any (`rejectUnauthorized: false`) say here whether it is a good one.
    isCertificateTrusted: () => socket?.authorized === true,
  }
}

/**
 * As an OAuth error, because every endpoint of this suite is one of OAuth. Nobody reads the rest, so that the connection
 * ends with the answer; HTTP/2 has no such field and ends the stream.
 */
function tooLarge({ httpVersionMajor }: IncomingStream): Response {
  const headers = new Headers({ 'Cache-Control': 'no-store' })
  if (httpVersionMajor !== 2) headers.set('Connection', 'close')
  const body = { error: 'invalid_request', error_description: 'The request body is too large' }
  return Response.json(body, { status: 413, headers })
}
