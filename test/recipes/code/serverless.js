import { countersign, errorHandler, getAuth, requireScopes } from '@countersign/express'
import express from 'express'
import serverless from 'serverless-http'
import { verifier } from './verifier.js'

const app = express()
app.use(countersign(verifier))
app.get('/orders', requireScopes('orders:read'), (req, res) => res.json({ for: getAuth(req).subject }))
app.use(errorHandler())

// Once an instance, while it starts. It never rejects: an issuer that is away is asked again when a token needs it.
await verifier.ready()

export const handler = serverless(app)
