import type { AddressInfo } from 'node:net'
import { errorHandler } from '@countersign/fastify'
import { createFastifyApp } from './fastify-app.js'
import { reach } from './host.js'
import type { Host } from './host.js'

export const fastifyHost: Host = {
  name: 'Fastify 5',
  async start(world, errors) {
    const app = createFastifyApp(world, errors === 'errorHandler' ? errorHandler() : undefined)
    await app.listen({ host: '127.0.0.1', port: 0 })
    return reach((app.server.address() as AddressInfo).port, () => app.close())
  },
}
