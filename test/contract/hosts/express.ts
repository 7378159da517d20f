import express5 from 'express'
import express4 from 'express4'
import { errorHandler } from '@countersign/express'
import { createExpressApp } from './express-app.js'
import { createGuardedExpressApp } from './express-guards.js'
import type { ExpressFactory } from './express-app.js'
import { listen } from './host.js'
import type { Host } from './host.js'

const versions: readonly (readonly [string, ExpressFactory])[] = [
  ['Express 4', express4],
  ['Express 5', express5],
]

export const expressHosts: readonly Host[] = versions.map(([name, express]) => ({
  name,
  start: (world, errors) =>
    listen(createExpressApp(express, world, errors === 'errorHandler' ? errorHandler() : undefined)),
  guard: (world, rows) => listen(createGuardedExpressApp(express, world, rows)),
}))
