import Router from '@koa/router'
import type Koa from 'koa'
import mount from 'koa-mount'
import { allOf, anyOf, countersign, findAuth, getAuth, requireAnyScope, requireScopes } from '@countersign/koa'
import { describeMapping, describePrincipal } from '../world.js'
import type { World } from '../world.js'

/** The application of the contract on Koa. A middleware that handles errors is its first. */
export function createKoaApp(Application: typeof Koa, world: World, first?: Koa.Middleware): Koa {
  const show: Koa.Middleware = (ctx) => void (ctx.body = describePrincipal(getAuth(ctx)))
  const app = new Application()
  // Koa prints what is not exposed to clients.
  app.silent = true
  if (first !== undefined) app.use(first)

  // Before the middleware: an open route, and a guard that nothing authenticates for.
  const before = new Router()
  before.get('/open', (ctx) => void (ctx.body = { open: true }))
  before.get('/unguarded', requireScopes('orders:read'), (ctx) => void (ctx.body = { open: true }))
  app.use(before.routes())

  const partner = new Application()
  partner.use(countersign(world.partner))
  partner.use(new Router().get('/me', show).routes())
  app.use(mount('/partner', partner))

  const bound = new Router({ prefix: '/bound' })
  bound.use(countersign(world.bound))
  bound.get('/orders', requireScopes('orders:write'), show)
  bound.use('/nested', countersign(world.nested), countersign(world.bound))
  bound.get('/nested/orders', show)
  app.use(bound.routes())
  for (const [path, verifier] of [
    ['/nonces', world.nonces],
    ['/prefixed', world.prefixed],
  ] as const) {
    const proven = new Application()
    proven.use(countersign(verifier))
    proven.use(new Router().get('/orders', requireScopes('orders:read'), show).routes())
    app.use(mount(path, proven))
  }

  const optional = new Router({ prefix: '/optional' })
  optional.use(countersign(world.api, { optional: true }))
  optional.get('/me', (ctx) => void (ctx.body = describePrincipal(findAuth(ctx))))
  optional.get('/orders', requireScopes('orders:read'), show)
  app.use(optional.routes())

  app.use(countersign(world.api))
  const routes = new Router()
  routes.get('/me', show)
  routes.get('/mapping', (ctx) => void (ctx.body = describeMapping(getAuth(ctx))))
  routes.options('/me', (ctx) => void (ctx.status = 204))
  routes.get('/orders', requireScopes('orders:read'), show)
  routes.get('/orders/both', requireScopes('orders:read', 'orders:write'), show)
  routes.get('/any', requireAnyScope('orders:write', 'orders:admin'), show)
  routes.get(
    '/either',
    anyOf(requireScopes('root'), allOf(requireScopes('orders:read'), requireScopes('orders:write'))),
    show,
  )
  app.use(routes.routes())

  const shop = new Router({ prefix: '/shop' })
  shop.get('/orders/:id', requireScopes('orders:read'), show)
  app.use(shop.routes())

  const admin = new Application()
  admin.use(new Router().get('/stats', requireScopes('admin'), show).routes())
  app.use(mount('/admin', admin))

  const inner = new Router({ prefix: '/inner' })
  inner.use(countersign(world.inner))
  inner.get('/me', (ctx) => void (ctx.body = describePrincipal(getAuth(ctx, world.inner))))
  app.use(inner.routes())
  return app
}
