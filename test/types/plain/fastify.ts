import fastify from 'fastify'
import type { FastifyRequest } from 'fastify'
import { createVerifier } from '@countersign/core'
import withDefault, {
  allOf,
  authenticate,
  countersign,
  errorHandler,
  findAuth,
  getAuth,
  requireScopes,
  requireThat,
} from '@countersign/fastify'

const app = fastify()
app.setErrorHandler(errorHandler())
await app.register(countersign, { audience: 'https://api.example.com', issuers: ['https://login.acme.example'] })
app.register(withDefault, { verifier: createVerifier({ audience: 'a', issuers: [] }), default: 'open', optional: true })
app.register(countersign, { verifier: createVerifier({ audience: 'a', issuers: [] }), prefix: '/v1', logLevel: 'warn' })

app.get('/orders', { config: { auth: { scopes: ['orders:read'] } } }, async (request) => getAuth(request).subject)
app.get<{ Params: { id: string } }>(
  '/orders/:id',
  { onRequest: [authenticate, requireScopes('a')], preHandler: allOf(requireScopes('b')) },
  async (request, reply) => {
    // @ts-expect-error -- nothing is augmented unless it is asked for
    void request.auth
    return reply.code(200).send({ id: request.params.id, subject: findAuth(request)?.subject })
  },
)

export const self = requireThat<FastifyRequest<{ Params: { id: string } }>>(
  (principal, request) => principal.subject === request.params.id,
)
app.get('/users/:id', { onRequest: [authenticate, self] }, async () => 'ok')

const http2 = fastify({ http2: true })
http2.setErrorHandler(errorHandler())
http2.register(countersign, { verifier: createVerifier({ audience: 'a', issuers: [] }) })
http2.get('/', { onRequest: [authenticate, requireScopes('a')] }, async (request) => getAuth(request).subject)

// @ts-expect-error -- a verifier or the options of a new one, not both
app.register(countersign, { verifier: createVerifier({ audience: 'a', issuers: [] }), audience: 'a', issuers: [] })
// @ts-expect-error -- neither
app.register(countersign, {})
// @ts-expect-error -- an option that does not exist
app.register(countersign, { verifier: createVerifier({ audience: 'a', issuers: [] }), defaults: 'open' })
