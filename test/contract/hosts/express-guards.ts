import type express from 'express'
import * as guards from '@countersign/express'
import { GUARD_FORMS } from '../guard-table.js'
import type { GuardRow } from '../guard-table.js'
import type { World } from '../world.js'
import type { ExpressFactory } from './express-app.js'

/** Every guard in every form, each on a route of its own. */
export function createGuardedExpressApp(
  express: ExpressFactory,
  world: World,
  rows: readonly GuardRow[],
): express.Express {
  const app = express()
  const show: express.RequestHandler = (_req, res) => void res.send('in')
  for (const [index, row] of rows.entries()) app.get(`/unjudged/${index}`, toHandler(row.make(guards)), show)
  app.use(guards.countersign(world.api, { optional: true }))
  for (const [index, row] of rows.entries()) {
    for (const [form, { make }] of GUARD_FORMS.entries()) {
      app.get(`/guards/${index}/${form}`, toHandler(make(row.make(guards), guards)), show)
    }
  }
  return app
}

/** The table knows no framework: what the adapter makes is a handler all the same. */
function toHandler(guard: unknown): guards.Handler {
  return guard as guards.Handler
}
