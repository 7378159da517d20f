import fastify from 'fastify'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import {
  allOf,
  anyOf,
  authenticate,
  countersign,
  findAuth,
  getAuth,
  requireAnyScope,
  requireScopes,
} from '@countersign/fastify'
import { describeMapping, describePrincipal } from '../world.js'
import type { World } from '../world.js'

/** What `setErrorHandler` takes. */
export type FastifyErrorHandler = (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => unknown

const orders = { config: { auth: { scopes: ['orders:read'] } } }

/** The application of the contract on Fastify. Nothing here is awaited, as in most applications. */
export function createFastifyApp(world: World, handler?: FastifyErrorHandler): FastifyInstance {
  const show = async (request: FastifyRequest) => describePrincipal(getAuth(request))
  const app = fastify()
  if (handler !== undefined) app.setErrorHandler(handler)

  // Before the plugin: an open route, a guard that nothing authenticates for, and a route that the plugin must close.
  app.get('/open', { config: { auth: false } }, async () => ({ open: true }))
  const unguarded = { config: { auth: false }, onRequest: requireScopes('orders:read') }
  app.get('/unguarded', unguarded, async () => ({ open: true }))
  app.get('/me', show)
  app.get('/mapping', async (request) => describeMapping(getAuth(request)))

  app.register(countersign, { verifier: world.api })
  app.options('/me', async (_request, reply) => reply.code(204).send())
  app.get('/orders', orders, show)
  app.get('/orders/both', { config: { auth: { scopes: ['orders:read', 'orders:write'] } } }, show)
  app.get('/any', { onRequest: requireAnyScope('orders:write', 'orders:admin') }, show)
  const either = anyOf(requireScopes('root'), allOf(requireScopes('orders:read'), requireScopes('orders:write')))
  app.get('/either', { onRequest: either }, show)

  const optional = { config: { auth: { optional: true } } }
  app.get('/optional/me', optional, async (request) => describePrincipal(findAuth(request)))
  app.get('/optional/orders', { ...optional, onRequest: requireScopes('orders:read') }, show)

  app.register(async (shop) => void shop.get('/orders/:id', orders, show), { prefix: '/shop' })
  app.register(async (admin) => void admin.get('/stats', { config: { auth: { scopes: ['admin'] } } }, show), {
    prefix: '/admin',
  })
  app.register(
    async (partner) => {
      partner.register(countersign, { verifier: world.partner })
      partner.get('/me', show)
    },
    { prefix: '/partner' },
  )
  app.register(
    async (bound) => {
      bound.register(countersign, { verifier: world.bound })
      bound.get('/orders', { config: { auth: { scopes: ['orders:write'] } } }, show)
      bound.register(
        async (nested) => {
          nested.register(countersign, { verifier: world.nested })
          nested.get('/orders', { onRequest: authenticate }, show)
        },
        { prefix: '/nested' },
      )
    },
    { prefix: '/bound' },
  )
  for (const [prefix, verifier] of [
    ['/nonces', world.nonces],
    ['/prefixed', world.prefixed],
  ] as const) {
    app.register(
      async (proven) => {
        proven.register(countersign, { verifier })
        proven.get('/orders', orders, show)
      },
      { prefix },
    )
  }
  app.register(
    async (inner) => {
      inner.get('/me', async (request) => describePrincipal(getAuth(request, world.inner)))
      inner.register(countersign, { verifier: world.inner })
    },
    { prefix: '/inner' },
  )
  return app
}
