import { countersign, errorHandler, getAuth, requireScopes } from '@countersign/express'
import express from 'express'
import { verifier } from './verifier.js'

const app = express()
app.use(countersign(verifier))
app.get('/events', requireScopes('orders:read'), (req, res) => {
  const { subject, expiresAtSeconds } = getAuth(req)
  res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
  res.write(`data: ${JSON.stringify({ hello: subject })}\n\n`)
  const leftMs = expiresAtSeconds * 1_000 - Date.now()
  const expiry = setTimeout(() => res.end('event: expired\ndata:\n\n'), Math.min(leftMs, 2_000_000_000))
  res.on('close', () => clearTimeout(expiry))
})
app.use(errorHandler())
app.listen(3000)
