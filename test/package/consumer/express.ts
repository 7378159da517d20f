import { countersign, errorHandler, findAuth, getAuth, requireScopes } from '@countersign/express'
import '@countersign/express/augment'
import express from 'express'
import { verifier } from './service.js'

const app = express()
app.use(countersign(verifier))
app.get('/orders/:id', requireScopes('orders:read'), (req, res) => {
  // The guard before it leaves the route's own inference alone.
  const id: string = req.params.id
  res.json({ id, subject: getAuth(req).subject, issuer: req.auth?.issuer })
})
app.use(
  '/public',
  countersign({ audience: 'https://api.example.com', issuers: ['https://login.acme.example'] }, { optional: true }),
)
app.get('/public', (req, res) => {
  res.json(findAuth(req)?.scopes ?? [])
})
app.use(errorHandler())
