import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { errorHandler } from '@countersign/fastify'
import { createFastifyApp } from './fastify-app.js'
import { createGuardedFastifyApp } from './fastify-guards.js'
import { reach } from './host.js'
import type { Host, RunningHost } from './host.js'

export const fastifyHost: Host = {
  name: 'Fastify 5',
  start: (world, errors) => run(createFastifyApp(world, errors === 'errorHandler' ? errorHandler() : undefined)),
  guard: (world, rows) => run(createGuardedFastifyApp(world, rows)),
}

async function run(app: FastifyInstance): Promise<RunningHost> {
  await app.listen({ host: '127.0.0.1', port: 0 })
  return reach((app.server.address() as AddressInfo).port, () => app.close())
}
