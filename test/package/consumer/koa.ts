import {
  countersign,
  errorHandler,
  getAuth,
  mount,
  protectedResourceMetadata,
  requireAnyRole,
  requireIssuer,
  requireScopes,
  requireThat,
} from '@countersign/koa'
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
app.use(requireAnyRole('a', 'b'))
app.use(requireIssuer('https://login.acme.example'))
app.use(requireThat((principal, ctx: Koa.Context) => principal.subject === ctx.query['subject']))
app.use(mount(protectedResourceMetadata(verifier)))
