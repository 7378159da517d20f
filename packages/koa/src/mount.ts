import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import type { HttpHandler } from '@countersign/core'
import { callEndpoint, readMountOptions } from '@countersign/core/adapter'
import type { MountOptions } from '@countersign/core/adapter'
import type { Middleware, RunningContext } from './middleware.js'
import { toThrow } from './refuse.js'

/**
 * Makes a middleware of an endpoint of this suite, such as `protectedResourceMetadata(verifier)`. It answers every
 * request that reaches it, so that it stands at a path, and before body parsers. What the endpoint throws is thrown.
 *
 * Not checked: who is calling. The endpoint judges that itself.
 *
 * @throws ConfigurationError at construction
 */
export function mount(endpoint: HttpHandler, options?: MountOptions): Middleware {
  const { maxBodyBytes } = readMountOptions(options)
  return async (ctx: RunningContext) => {
    try {
      const target = (ctx.req as IncomingMessage & { originalUrl?: string }).originalUrl ?? ctx.originalUrl
      const response = await callEndpoint(endpoint, { raw: ctx.req, response: ctx.res, target, maxBodyBytes })
      if (response !== undefined) await answer(response, ctx)
    } catch (error) {
      throw toThrow(error, ctx)
    }
  }
}

async function answer(response: Response, ctx: RunningContext): Promise<void> {
  const { body, headers, status } = response
  const sent = ctx.req.method === 'HEAD' || body === null ? undefined : Readable.fromWeb(body as ReadableStream)
  // The body first: Koa takes status and type from it where they are not set after it.
  ctx.body = sent ?? null
  ctx.status = status
  for (const [name, value] of headers) if (name !== 'set-cookie') ctx.set?.({ [name]: value })
  const cookies = headers.getSetCookie()
  if (cookies.length > 0) ctx.append?.('Set-Cookie', cookies)
  if (sent === undefined) await body?.cancel()
  else sent.once('error', () => endHalfAnswer(ctx.res))
}

/** Koa 2 lets the client wait for the rest of an answer that has begun. One that had not begun has become Koa's own by now. */
function endHalfAnswer(res: ServerResponse | undefined): void {
  if (res?.writableEnded === false) res.destroy()
}
