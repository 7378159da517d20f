// Two APIs that take tokens of the token service alone: billing, which orders calls for its users, and production.
import { countersign, errorHandler, getAuth, requireActor, requireScopes } from '@countersign/express'
import express from 'express'

const { PORT = '3002', STS = 'http://127.0.0.1:3000' } = process.env

const app = express()
const network = { allowInsecureLoopback: true }
const issuers = [{ issuer: STS, tokenProfile: /** @type {const} */ ('rfc9068') }]

app.get(
  '/invoices',
  countersign({ audience: 'https://billing.example.com', issuers, network }),
  requireScopes('invoice:read'),
  // Only ever through orders: nobody calls billing by themselves.
  requireActor({ issuer: STS, subject: 'orders' }),
  (request, response) => {
    const { subject, actor, actorHistory, payload } = getAuth(request)
    response.json({ invoices: [], for: payload['sub_id'], as: subject, actor, actorHistory })
  },
)

app.post(
  '/deployments',
  countersign({ audience: 'https://production.example.com', issuers, network }),
  requireScopes('deploy'),
  (request, response) => {
    response.status(201).json({ deployed: true, by: getAuth(request).clientId })
  },
)

app.use(errorHandler())

const server = app.listen(Number(PORT), '127.0.0.1', () => {
  const address = server.address()
  console.log(`Listening on http://127.0.0.1:${typeof address === 'object' ? address?.port : PORT}`)
})
