import type { AnyGuard, AsyncGuard, Guard } from '@countersign/core'
import { checkGuard } from '@countersign/core/adapter'
import type { Middleware, RunningContext } from './middleware.js'
import { toThrow } from './refuse.js'

/** A route middleware that is a guard as well: it stands in a route, in `allOf`, or is called as `guard.check(principal)`. */
export type GuardMiddleware = Middleware & Guard

/** A route middleware that is a guard that needs awaiting: it has no `check`. */
export type AsyncGuardMiddleware = Middleware & AsyncGuard

/** Makes a route middleware of a guard. */
export function toMiddleware(guard: Guard): GuardMiddleware
export function toMiddleware(guard: AnyGuard): GuardMiddleware | AsyncGuardMiddleware
export function toMiddleware(guard: AnyGuard): GuardMiddleware | AsyncGuardMiddleware {
  const middleware: Middleware = async (ctx: RunningContext, next) => {
    try {
      await checkGuard(ctx.req, guard, ctx)
    } catch (error) {
      throw toThrow(error, ctx)
    }
    await next()
  }
  return Object.assign(middleware, guard)
}
