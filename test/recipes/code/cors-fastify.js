import { countersign, getAuth } from '@countersign/fastify'
import cors from '@fastify/cors'
import fastify from 'fastify'
import { verifier } from './verifier.js'

const app = fastify()
await app.register(cors, {
  origin: ['https://shop.example'],
  allowedHeaders: ['Authorization', 'Content-Type', 'DPoP'],
  exposedHeaders: ['WWW-Authenticate', 'Retry-After', 'DPoP-Nonce'],
})
await app.register(countersign, { verifier })
const config = { auth: { scopes: ['orders:read'] } }
app.get('/orders', { config }, async (request) => ({ for: getAuth(request).subject }))
await app.listen({ port: 3000 })
