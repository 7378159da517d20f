import { countersign, errorHandler, getAuth, requireScopes } from '@countersign/koa'
import '@countersign/koa/augment'
import Koa from 'koa'
import { verifier } from './service.js'

const app = new Koa()
app.use(errorHandler())
app.use(countersign(verifier))
app.use(requireScopes('orders:read'))
app.use((ctx) => {
  ctx.body = { subject: getAuth(ctx).subject, issuer: ctx.state.auth?.issuer }
})
