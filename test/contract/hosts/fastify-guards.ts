import fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import * as guards from '@countersign/fastify'
import { GUARD_FORMS } from '../guard-table.js'
import type { GuardRow } from '../guard-table.js'
import type { World } from '../world.js'

/** Every guard in every form, each on a route of its own: by turns as a hook, and in `config.auth`. */
export function createGuardedFastifyApp(world: World, rows: readonly GuardRow[]): FastifyInstance {
  const show = async () => 'in'
  const app = fastify()
  for (const [index, row] of rows.entries()) {
    app.get(`/unjudged/${index}`, { config: { auth: false }, onRequest: toHook(row.make(guards)) }, show)
  }
  app.register(guards.countersign, { verifier: world.api, optional: true })
  for (const [index, row] of rows.entries()) {
    for (const [form, { make }] of GUARD_FORMS.entries()) {
      const guard = make(row.make(guards), guards)
      const options = (index + form) % 2 === 0 ? { onRequest: toHook(guard) } : { config: { auth: { guard } } }
      app.get(`/guards/${index}/${form}`, options, show)
    }
  }
  return app
}

/** The table knows no framework: what the adapter makes is a hook all the same. */
function toHook(guard: unknown): guards.Hook {
  return guard as guards.Hook
}
