import withDefault, { authenticate, countersign, errorHandler, getAuth, requireScopes } from '@countersign/fastify'
import '@countersign/fastify/augment'
import Fastify from 'fastify'
import { verifier } from './service.js'

const app = Fastify()
app.setErrorHandler(errorHandler())
await app.register(countersign, { verifier })
await app.register(withDefault, { audience: 'https://api.example.com', issuers: ['https://login.acme.example'] })
app.get('/orders', { config: { auth: { scopes: ['orders:read'] } } }, async (request) => getAuth(request).subject)
app.get('/other', { onRequest: [authenticate, requireScopes('a')] }, async (request) => request.auth?.clientId)
app.get('/open', { config: { auth: false } }, async () => 'ok')
