// An orders API on Koa. It trusts every issuer named in ISSUERS.
import { countersign, errorHandler, getAuth, requireScopes } from '@countersign/koa'
import Router from '@koa/router'
import Koa from 'koa'

const { AUDIENCE = 'https://api.example.com', ISSUERS = 'https://login.example.com', PORT = '3000' } = process.env

const app = new Koa()

// First, so that it sees every error. Without it Koa answers in its own way, with the same status and the same challenge.
app.use(errorHandler())

// What stands before the middleware is public.
const open = new Router()
open.get('/health', (ctx) => {
  ctx.body = { ok: true }
})
app.use(open.routes())

app.use(
  countersign({
    audience: AUDIENCE,
    issuers: ISSUERS.split(','),
    // Issuers on this machine may speak plain http. In production there are none: leave it out.
    network: { allowInsecureLoopback: true },
  }),
)

/** @type {{ number: number, by: string }[]} */
const orders = []

const router = new Router()
router.get('/orders', requireScopes('orders:read'), (ctx) => {
  ctx.body = { orders }
})
router.post('/orders', requireScopes('orders:write'), (ctx) => {
  const order = { number: orders.length + 1, by: getAuth(ctx).subject }
  orders.push(order)
  ctx.status = 201
  ctx.body = order
})
app.use(router.routes())

const server = app.listen(Number(PORT), '127.0.0.1', () => {
  const address = server.address()
  console.log(`Listening on http://127.0.0.1:${typeof address === 'object' ? address?.port : PORT}`)
})
