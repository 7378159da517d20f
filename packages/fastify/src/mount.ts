import type { Readable } from 'node:stream'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import type { HttpHandler } from '@countersign/core'
import { callEndpoint, readMountOptions } from '@countersign/core/adapter'
import type { MountOptions } from '@countersign/core/adapter'
import { toThrow } from './refuse.js'

/** The endpoint judges its callers itself; what the plugin around it demands of routes is not demanded of this one. */
const OPEN = { auth: false } as const

/**
 * Makes a plugin of an endpoint of this suite, such as `protectedResourceMetadata(verifier)`: it answers every request
 * below its prefix, `register(mount(endpoint), { prefix: '/…' })`, with content-type parsers of its own. What the
 * endpoint throws is thrown.
 *
 * Not checked: who is calling. The endpoint judges that itself, and `config.auth` does not hold here.
 *
 * @throws ConfigurationError at construction
 */
export function mount(endpoint: HttpHandler, options?: MountOptions): FastifyPluginAsync {
  const { maxBodyBytes } = readMountOptions(options)
  return async (fastify) => {
    fastify.removeAllContentTypeParsers()
    // Unread: the endpoint says what it takes, and how much of it.
    fastify.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
    fastify.addHook('onRequest', (request, _reply, done) => {
      // Fastify would answer a type that is none by itself, before the endpoint; which reads it where it came in.
      if (request.raw.rawHeaders.length > 0) delete request.raw.headers['content-type']
      done()
    })
    const handle = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
      const { raw, body, originalUrl: target } = request
      try {
        const call = { raw, response: reply.raw, target, body: body as Readable | undefined, maxBodyBytes }
        const response = await callEndpoint(endpoint, call)
        if (response === undefined || raw.method !== 'HEAD') return response
        await response.body?.cancel()
        return new Response(null, response)
      } catch (error) {
        throw toThrow(error, reply)
      }
    }
    fastify.all('/', { config: OPEN }, handle)
    fastify.all('/*', { config: OPEN }, handle)
  }
}
