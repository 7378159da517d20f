import withDefault, {
  anyOf,
  authenticate,
  countersign,
  errorHandler,
  getAuth,
  mount,
  protectedResourceMetadata,
  requireActor,
  requireGroups,
  requirePermissions,
  requireScopes,
  requireThat,
} from '@countersign/fastify'
import '@countersign/fastify/augment'
import Fastify from 'fastify'
import type { FastifyRequest } from 'fastify'
import { verifier } from './service.js'

const app = Fastify()
app.setErrorHandler(errorHandler())
await app.register(countersign, { verifier })
await app.register(withDefault, { audience: 'https://api.example.com', issuers: ['https://login.acme.example'] })
app.get('/orders', { config: { auth: { scopes: ['orders:read'] } } }, async (request) => getAuth(request).subject)
app.get('/other', { onRequest: [authenticate, requireScopes('a')] }, async (request) => request.auth?.clientId)
app.get('/open', { config: { auth: false } }, async () => 'ok')
app.register(mount(protectedResourceMetadata(verifier), { maxBodyBytes: 0 }), {
  prefix: '/.well-known/oauth-protected-resource',
})
const mine = requireThat((principal, request: FastifyRequest) => principal.subject === request.id)
app.get('/step', { config: { auth: { roles: ['a'], acr: 'gold', maxAgeSeconds: 60, guard: mine } } }, async () => 'ok')
app.get('/guards', { onRequest: anyOf(requireActor({ clientId: 'a' }), requireGroups('b'), mine) }, async () => 'ok')
app.get('/more', { preHandler: [requirePermissions('a'), requireActor('b')] }, async () => 'ok')
// @ts-expect-error -- a demand of a wrong type; one that does not exist is refused where the route is declared
app.get('/wrong', { config: { auth: { roles: 'a' } } }, async () => 'ok')
// @ts-expect-error -- what must be awaited has no check
mine.check(undefined)
