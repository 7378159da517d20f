// An orders API on Fastify. It trusts every issuer named in ISSUERS.
import { countersign, errorHandler, getAuth } from '@countersign/fastify'
import fastify from 'fastify'

const { AUDIENCE = 'https://api.example.com', ISSUERS = 'https://login.example.com', PORT = '3000' } = process.env

const app = fastify()

await app.register(countersign, {
  audience: AUDIENCE,
  issuers: ISSUERS.split(','),
  // Issuers on this machine may speak plain http. In production there are none: leave it out.
  network: { allowInsecureLoopback: true },
})

// Answers in JSON. Without it Fastify answers in its own way, with the same status and the same challenge.
app.setErrorHandler(errorHandler())

/** @type {{ item: string, by: string }[]} */
const orders = []

// Every route needs a good token, unless it says otherwise.
app.get('/health', { config: { auth: false } }, async () => ({ ok: true }))

app.get('/orders', { config: { auth: { scopes: ['orders:read'] } } }, async () => ({ orders }))

// Judged before Fastify reads the body: nobody's body is read unless they may write.
app.post(
  '/orders',
  {
    config: { auth: { scopes: ['orders:write'] } },
    schema: { body: { type: 'object', required: ['item'], properties: { item: { type: 'string' } } } },
  },
  async (request, reply) => {
    const { item } = /** @type {{ item: string }} */ (request.body)
    const order = { item, by: getAuth(request).subject }
    orders.push(order)
    return reply.code(201).send(order)
  },
)

console.log(`Listening on ${await app.listen({ host: '127.0.0.1', port: Number(PORT) })}`)
