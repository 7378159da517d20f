import { countersign, errorHandler, getAuth, requireScopes } from '@countersign/express'
import cors from 'cors'
import express from 'express'
import { verifier } from './verifier.js'

const app = express()
app.use(
  cors({
    origin: ['https://shop.example'],
    allowedHeaders: ['Authorization', 'Content-Type', 'DPoP'],
    exposedHeaders: ['WWW-Authenticate', 'Retry-After', 'DPoP-Nonce'],
  }),
)
app.use(countersign(verifier))
app.get('/orders', requireScopes('orders:read'), (req, res) => res.json({ for: getAuth(req).subject }))
app.use(errorHandler())
app.listen(3000)
