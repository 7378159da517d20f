import Router from '@koa/router'
import type { RouterContext } from '@koa/router'
import Koa from 'koa'
import { createVerifier } from '@countersign/core'
import { countersign, errorHandler, findAuth, getAuth, requireScopes, requireThat } from '@countersign/koa'

interface AppState {
  requestId: string
}

interface AppContext {
  now(): number
}

const app = new Koa<AppState, AppContext>()
app.use(errorHandler())
app.use(countersign({ audience: 'https://api.example.com', issuers: ['https://login.acme.example'] }))
app.use(async (ctx, next) => {
  const requestId: string = ctx.state.requestId
  // @ts-expect-error -- nothing is augmented unless it is asked for
  void ctx.state.auth
  ctx.body = { requestId, now: ctx.now(), subject: getAuth(ctx).subject, found: findAuth(ctx)?.subject }
  await next()
})

const router = new Router<AppState, AppContext>()
router.use(countersign(createVerifier({ audience: 'a', issuers: [] }), { optional: true }))
router.get('/orders/:id', requireScopes('orders:read'), (ctx) => {
  const requestId: string = ctx.state.requestId
  const id: string | undefined = ctx.params['id']
  ctx.body = { requestId, id, now: ctx.now(), subject: getAuth(ctx).subject }
})
export const self = requireThat<RouterContext>((principal, ctx) => principal.subject === ctx.params['id'])
router.get('/users/:id', self, (ctx) => void (ctx.body = ctx.params['id']))
app.use(router.routes())

// @ts-expect-error -- an option that does not exist
countersign(createVerifier({ audience: 'a', issuers: [] }), { optionl: true })
