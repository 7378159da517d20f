import { expressHosts } from './express.js'
import { fastifyHost } from './fastify.js'
import type { Host } from './host.js'
import { injectHost } from './inject.js'
import { koaHosts } from './koa.js'
import { serverlessHosts } from './serverless.js'
import { supertestHost } from './supertest.js'

/** Five framework versions over real connections, and four ways to reach one without. */
export const hosts: readonly Host[] = [
  ...expressHosts,
  fastifyHost,
  ...koaHosts,
  injectHost,
  supertestHost,
  ...serverlessHosts,
]
