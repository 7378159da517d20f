// Compiled twice: with the types of Express 5, and with those of Express 4.
import express from 'express'
import { createVerifier } from '@countersign/core'
import {
  allOf,
  countersign,
  errorHandler,
  findAuth,
  getAuth,
  requireAnyScope,
  requireScopes,
  requireThat,
} from '@countersign/express'

const app = express()
app.use(countersign({ audience: 'https://api.example.com', issuers: ['https://login.acme.example'] }))
app.use('/public', countersign(createVerifier({ audience: 'a', issuers: [] }), { optional: true }))

app.get('/orders/:id', requireScopes('orders:read'), (req, res) => {
  const id: string = req.params.id
  // @ts-expect-error -- the path names no such parameter, and our handler does not make it forget that
  void req.params.order
  // @ts-expect-error -- nothing is augmented unless it is asked for
  void req.auth
  res.status(200).json({ id, subject: getAuth(req).subject, found: findAuth(req)?.subject })
})

app.post(['/a', '/b'], [requireScopes('a'), requireAnyScope('b')], allOf(requireScopes('c')), ((req, res) => {
  res.json({ body: req.body as unknown })
}) satisfies express.RequestHandler)

app
  .route('/items/:item')
  .all(requireScopes('items'))
  .get((req, res) => void res.json(req.params.item))

export const self = requireThat<express.Request<{ id: string }>>(
  (principal, req) => principal.subject === req.params.id,
)
app.get('/users/:id', self, (req, res) => void res.json(req.params.id))
// @ts-expect-error -- Node's request, which is what it has without a type, knows no parameters
requireThat((principal, req) => principal.subject === req.params.id)

const router = express.Router({ mergeParams: true })
router.use(requireScopes('router'))
router.param('id', (_req, _res, next) => next())
app.use('/router', requireScopes('outer'), router)
app.use(errorHandler())

// @ts-expect-error -- an option that does not exist
countersign(createVerifier({ audience: 'a', issuers: [] }), { optionl: true })
// @ts-expect-error -- optional belongs to the middleware, not to the verifier
countersign({ audience: 'a', issuers: [], optional: true })
// @ts-expect-error -- each scope is an argument of its own
requireScopes(['a', 'b'])
// @ts-expect-error -- a composition of nothing
allOf()
// @ts-expect-error -- a principal is no request
getAuth(getAuth({} as express.Request))
