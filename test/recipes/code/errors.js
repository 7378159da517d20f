import { CountersignError } from '@countersign/core'
import { countersign, errorHandler } from '@countersign/express'
import express from 'express'
import { verifier } from './verifier.js'

/** @type {express.ErrorRequestHandler} */
const logRefusal = (error, _req, _res, next) => {
  if (error instanceof CountersignError) console.info('refused', { reason: error.reason, detail: error.detail })
  next(error)
}

const app = express()
app.use(countersign(verifier))
app.get('/orders', (_req, res) => res.json([]))
app.use(logRefusal, errorHandler())
app.listen(3000)
