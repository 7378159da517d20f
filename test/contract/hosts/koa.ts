import Koa3 from 'koa'
import Koa2 from 'koa2'
import { errorHandler } from '@countersign/koa'
import { listen } from './host.js'
import type { Host } from './host.js'
import { createKoaApp } from './koa-app.js'
import { createGuardedKoaApp } from './koa-guards.js'

const versions: readonly (readonly [string, typeof Koa3])[] = [
  ['Koa 2', Koa2],
  ['Koa 3', Koa3],
]

export const koaHosts: readonly Host[] = versions.map(([name, Koa]) => ({
  name,
  start: (world, errors) =>
    listen(createKoaApp(Koa, world, errors === 'errorHandler' ? errorHandler() : undefined).callback()),
  guard: (world, rows) => listen(createGuardedKoaApp(Koa, world, rows).callback()),
}))
