import Router from '@koa/router'
import type Koa from 'koa'
import * as guards from '@countersign/koa'
import { GUARD_FORMS } from '../guard-table.js'
import type { GuardRow } from '../guard-table.js'
import type { World } from '../world.js'

/** Every guard in every form, each on a route of its own. */
export function createGuardedKoaApp(Application: typeof Koa, world: World, rows: readonly GuardRow[]): Koa {
  const show: Koa.Middleware = (ctx) => void (ctx.body = 'in')
  const app = new Application()
  app.silent = true
  const unjudged = new Router()
  for (const [index, row] of rows.entries()) unjudged.get(`/unjudged/${index}`, toMiddleware(row.make(guards)), show)
  app.use(unjudged.routes())
  app.use(guards.countersign(world.api, { optional: true }))
  const judged = new Router()
  for (const [index, row] of rows.entries()) {
    for (const [form, { make }] of GUARD_FORMS.entries()) {
      judged.get(`/guards/${index}/${form}`, toMiddleware(make(row.make(guards), guards)), show)
    }
  }
  app.use(judged.routes())
  return app
}

/** The table knows no framework: what the adapter makes is a middleware all the same. */
function toMiddleware(guard: unknown): guards.Middleware {
  return guard as guards.Middleware
}
