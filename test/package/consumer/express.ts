import {
  allOf,
  countersign,
  errorHandler,
  findAuth,
  getAuth,
  mount,
  protectedResourceMetadata,
  requireAuthentication,
  requireAuthorizationDetails,
  requireClaim,
  requireRoles,
  requireScopes,
  requireThat,
} from '@countersign/express'
import '@countersign/express/augment'
import express from 'express'
import { verifier } from './service.js'

const app = express()
app.use('/.well-known/oauth-protected-resource', mount(protectedResourceMetadata(verifier)))
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
app.get(
  '/users/:id',
  requireRoles('admin', 'staff'),
  requireClaim(['plan'], ['gold', 'silver']),
  requireAuthentication({ acr: 'gold', maxAgeSeconds: 300 }),
  requireAuthorizationDetails({ type: 'payment', actions: ['initiate'], where: ({ type }) => type !== '' }),
  requireThat((principal, req: express.Request<{ id: string }>) => principal.subject === req.params.id),
  allOf(
    requireScopes('a'),
    requireThat(async (principal) => principal.claims['department'] === 'sales'),
  ),
  (req, res) => void res.json(req.params.id),
)
// @ts-expect-error -- each scope is an argument of its own, in a handler too
requireScopes(['a', 'b'])
// @ts-expect-error -- a requirement that does not exist
requireAuthentication({ acrs: 'gold' })
// @ts-expect-error -- what must be awaited has no check
requireThat(() => true).check(undefined)
const later = allOf(
  requireScopes('a'),
  requireThat(() => true),
)
// @ts-expect-error -- a composition that holds such a guard has none either
later.check(undefined)
app.use(errorHandler())
