import type express from 'express'
import { anyOf, allOf, countersign, findAuth, getAuth, requireAnyScope, requireScopes } from '@countersign/express'
import { describeMapping, describePrincipal } from '../world.js'
import type { World } from '../world.js'

/** What Express 4 and 5 have in common. */
export type ExpressFactory = (() => express.Express) & { Router: typeof express.Router }

/** The application of the contract on Express. An error handler is its last middleware. */
export function createExpressApp(
  express: ExpressFactory,
  world: World,
  last?: express.ErrorRequestHandler,
): express.Express {
  const show: express.RequestHandler = (req, res) => void res.json(describePrincipal(getAuth(req)))
  const app = express()

  // Before the middleware: an open route, and a guard that nothing authenticates for.
  app.get('/open', (_req, res) => void res.json({ open: true }))
  app.get('/unguarded', requireScopes('orders:read'), (_req, res) => void res.json({ open: true }))

  const partner = express()
  partner.use(countersign(world.partner))
  partner.get('/me', show)
  app.use('/partner', partner)

  const bound = express.Router()
  bound.use(countersign(world.bound))
  bound.get('/orders', requireScopes('orders:write'), show)
  bound.use('/nested', countersign(world.nested), countersign(world.bound))
  bound.get('/nested/orders', show)
  app.use('/bound', bound)
  for (const [path, verifier] of [
    ['/nonces', world.nonces],
    ['/prefixed', world.prefixed],
  ] as const) {
    const proven = express.Router()
    proven.use(countersign(verifier))
    proven.get('/orders', requireScopes('orders:read'), show)
    app.use(path, proven)
  }

  const optional = express.Router()
  optional.use(countersign(world.api, { optional: true }))
  optional.get('/me', (req, res) => void res.json(describePrincipal(findAuth(req))))
  optional.get('/orders', requireScopes('orders:read'), show)
  app.use('/optional', optional)

  app.use(countersign(world.api))
  app.get('/me', show)
  app.get('/mapping', (req, res) => void res.json(describeMapping(getAuth(req))))
  app.options('/me', (_req, res) => void res.status(204).end())
  app.get('/orders', requireScopes('orders:read'), show)
  app.get('/orders/both', requireScopes('orders:read', 'orders:write'), show)
  app.get('/any', requireAnyScope('orders:write', 'orders:admin'), show)
  app.get(
    '/either',
    anyOf(requireScopes('root'), allOf(requireScopes('orders:read'), requireScopes('orders:write'))),
    show,
  )

  const shop = express.Router()
  shop.get('/orders/:id', requireScopes('orders:read'), show)
  app.use('/shop', shop)

  const admin = express()
  admin.get('/stats', requireScopes('admin'), show)
  app.use('/admin', admin)

  const inner = express.Router()
  inner.use(countersign(world.inner))
  inner.get('/me', (req, res) => void res.json(describePrincipal(getAuth(req, world.inner))))
  app.use('/inner', inner)

  if (last !== undefined) app.use(last)
  return app
}
