// An orders API on Express. It trusts every issuer named in ISSUERS.
import { countersign, errorHandler, getAuth, requireScopes } from '@countersign/express'
import express from 'express'

const { AUDIENCE = 'https://api.example.com', ISSUERS = 'https://login.example.com', PORT = '3000' } = process.env

const app = express()

// What stands before the middleware is public.
app.get('/health', (_request, response) => {
  response.json({ ok: true })
})

app.use(
  countersign({
    audience: AUDIENCE,
    issuers: ISSUERS.split(','),
    // Issuers on this machine may speak plain http. In production there are none: leave it out.
    network: { allowInsecureLoopback: true },
  }),
)

/** @type {{ item: string, by: string }[]} */
const orders = []

app.get('/orders', requireScopes('orders:read'), (_request, response) => {
  response.json({ orders })
})

// The guard comes before the parser: nobody's body is read unless they may write.
app.post('/orders', requireScopes('orders:write'), express.json(), (request, response) => {
  const order = { item: String(request.body?.item), by: getAuth(request).subject }
  orders.push(order)
  response.status(201).json(order)
})

// Answers in JSON. Without it Express answers in its own way, with the same status and the same challenge.
app.use(errorHandler())

const server = app.listen(Number(PORT), '127.0.0.1', () => {
  const address = server.address()
  console.log(`Listening on http://127.0.0.1:${typeof address === 'object' ? address?.port : PORT}`)
})
