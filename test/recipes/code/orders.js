import { countersign, errorHandler, getAuth, requireScopes } from '@countersign/express'
import express from 'express'

/** @type {import('express').RequestHandler} */
export const showOrders = (req, res) => {
  const { issuer, subject } = getAuth(req)
  res.json({ owner: `${issuer} ${subject}`, orders: [] })
}

/** @param {import('@countersign/core').VerifierOptions['runtime']} [runtime] nothing in production */
export function createApp(runtime) {
  const issuers = ['https://login.acme.example']
  const app = express()
  app.use(countersign({ audience: 'https://api.example.com', issuers, runtime }))
  app.get('/orders', requireScopes('orders:read'), showOrders)
  app.use(errorHandler())
  return app
}
