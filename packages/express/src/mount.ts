import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import type { HttpHandler } from '@countersign/core'
import { callEndpoint, readMountOptions } from '@countersign/core/adapter'
import type { MountOptions } from '@countersign/core/adapter'
import type { Handler } from './handler.js'
import { refuse } from './settle.js'

/**
 * Makes a handler of an endpoint of this suite, such as `protectedResourceMetadata(verifier)`. It answers every request
 * that reaches it, so that it stands at a path, and before body parsers. What the endpoint throws goes to `next`.
 *
 * Not checked: who is calling. The endpoint judges that itself.
 *
 * @throws ConfigurationError at construction
 */
export function mount(endpoint: HttpHandler, options?: MountOptions): Handler {
  const { maxBodyBytes } = readMountOptions(options)
  return (req, res, next) => {
    answer(endpoint, maxBodyBytes, req, res)
      .catch((error: unknown) => refuse(error, res, next))
      .catch(() => res.destroy())
  }
}

async function answer(
  endpoint: HttpHandler,
  maxBodyBytes: number,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const response = await callEndpoint(endpoint, { raw: req, response: res, maxBodyBytes })
  if (response === undefined) return
  const { body } = response
  // Somebody else has answered meanwhile: a time limit of the application.
  if (res.headersSent) return body?.cancel()
  res.statusCode = response.status
  for (const [name, value] of response.headers) if (name !== 'set-cookie') res.setHeader(name, value)
  const cookies = response.headers.getSetCookie()
  if (cookies.length > 0) res.appendHeader('Set-Cookie', cookies)
  if (body === null || req.method === 'HEAD') {
    res.end()
    return body?.cancel()
  }
  try {
    await pipeline(Readable.fromWeb(body as ReadableStream), res)
  } catch (error) {
    // A client that goes away in the middle of an answer is no error of the endpoint.
    if (!isGone(error)) throw error
  }
}

function isGone(error: unknown): boolean {
  return (error as { readonly code?: unknown } | undefined)?.code === 'ERR_STREAM_PREMATURE_CLOSE'
}
