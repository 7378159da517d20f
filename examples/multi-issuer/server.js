// Orders of our own people and of a partner's: two issuers, each trusted in its own way, and one kind of principal.
import { createVerifier } from '@countersign/core'
import { countersign, errorHandler, getAuth, requireScopes } from '@countersign/express'
import express from 'express'
import { z } from 'zod'

const { OWN = 'https://login.example.com', PARTNER = 'https://id.partner.example', PORT = '3000' } = process.env

const verifier = createVerifier({
  audience: 'https://api.example.com',
  issuers: [
    // Our own provider: its keys are discovered, its access tokens have the strict form of RFC 9068.
    { issuer: OWN, tokenProfile: 'rfc9068' },
    // The partner's: one key set, one algorithm, another name for this API, and of all its clients this one.
    {
      issuer: PARTNER,
      keys: { jwksUri: `${PARTNER}/jwks` },
      algorithms: ['RS256'],
      audience: 'urn:partner:orders',
      requiredClaims: [{ claim: ['client_id'], oneOf: ['orders-job'] }],
    },
  ],
  // Any Standard Schema gives `claims` its type; a token that does not fit is refused.
  claims: z.object({ department: z.string().default('none') }),
  // Issuers on this machine may speak plain http. In production there are none: leave it out.
  network: { allowInsecureLoopback: true },
})

const app = express()

// For the load balancer: ready once the keys of one issuer are there. Tokens of one that is away are 503 by themselves.
app.get('/ready', async (_request, response) => {
  const readiness = await verifier.ready()
  response.status(readiness.issuers.some(({ ok }) => ok) ? 200 : 503).json(readiness)
})

app.use(countersign(verifier))

/** @type {Map<string, string[]>} */
const orders = new Map()

/**
 * Both issuers may know an `alice`, and they are two people: what belongs to one is kept by issuer and subject.
 * @param {express.Request} request
 */
function findOrders(request) {
  const { issuer, subject } = getAuth(request)
  const owner = JSON.stringify([issuer, subject])
  const own = orders.get(owner) ?? []
  orders.set(owner, own)
  return own
}

app.get('/orders', requireScopes('orders:read'), (request, response) => {
  const { department } = getAuth(request, verifier).claims
  response.json({ department, orders: findOrders(request) })
})

app.post('/orders', requireScopes('orders:write'), express.text(), (request, response) => {
  findOrders(request).push(String(request.body))
  response.status(204).end()
})

app.use(errorHandler())

const server = app.listen(Number(PORT), '127.0.0.1', () => {
  const address = server.address()
  console.log(`Listening on http://127.0.0.1:${typeof address === 'object' ? address?.port : PORT}`)
})
