export type {} from 'fastify'
import type { Principal } from '@countersign/core'
import type { RouteAuth } from './route-auth.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who is calling; `undefined` where nobody is signed in. */
    readonly auth: Principal | undefined
  }

  interface FastifyContextConfig {
    /** What the route demands. Default: what the plugin says. */
    auth?: RouteAuth | undefined
  }
}
