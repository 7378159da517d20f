import fastify from 'fastify'
import { countersign, getAuth } from '@countersign/fastify'

const app = fastify()
const issuers = ['https://login.acme.example']
await app.register(countersign, { audience: 'https://api.example.com', issuers })
const config = { auth: { scopes: ['orders:read'] } }
app.get('/orders', { config }, async (request) => ({ for: getAuth(request).subject }))
await app.listen({ port: 3000 })
