import express from 'express'
import { countersign, errorHandler, getAuth, requireScopes } from '@countersign/express'

const app = express()
app.use(countersign({ audience: 'https://api.example.com', issuers: ['https://login.acme.example'] }))
app.get('/orders', requireScopes('orders:read'), (req, res) => res.json({ for: getAuth(req).subject }))
app.use(errorHandler())
app.listen(3000)
