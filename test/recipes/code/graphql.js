import { CountersignError, requireRoles, requireScopes } from '@countersign/core'
import { countersign, errorHandler, findAuth } from '@countersign/express'
import express from 'express'
import { buildSchema, graphql } from 'graphql'
import { verifier } from './verifier.js'

const schema = buildSchema(`
  type Query { version: String!, orders: [Order!] }
  type Order { id: ID!, margin: Float }
`)

const readOrders = requireScopes('orders:read')
const seeMargins = requireRoles('accounting')

/** @typedef {{ principal: import('@countersign/core').Principal | undefined }} Context */

const rootValue = {
  version: '1',
  /** @param {unknown} _args @param {Context} context */
  orders(_args, { principal }) {
    readOrders.check(principal)
    return [{ id: '7', margin }]
  },
}

/** @param {unknown} _args @param {Context} context */
function margin(_args, { principal }) {
  seeMargins.check(principal)
  return 0.3
}

/** `message` of our errors is public text; the reason stays in `originalError`, for your log. */
const toAnswer = (/** @type {import('graphql').GraphQLError} */ error) => {
  const { originalError } = error
  const code = originalError instanceof CountersignError ? originalError.code : 'INTERNAL'
  return { message: error.message, path: error.path, extensions: { code } }
}

const app = express()
app.use(countersign(verifier, { optional: true }))
app.post('/graphql', express.json(), async (req, res) => {
  const contextValue = { principal: findAuth(req) }
  const { data, errors } = await graphql({ schema, rootValue, source: String(req.body?.query), contextValue })
  res.json({ data, errors: errors?.map(toAnswer) })
})
app.use(errorHandler())
app.listen(3000)
