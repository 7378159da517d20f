import type { AnyGuard, AsyncGuard, Guard } from '@countersign/core'
import { checkGuard } from '@countersign/core/adapter'
import type { Middleware, RunningContext } from './middleware.js'
import { toThrow } from './refuse.js'

/** A route middleware that is a guard as well: it stands in a route, in `allOf`, or is called as `guard.check(principal)`. */
export type GuardMiddleware = Middleware & Guard

/** A route middleware that is a guard that needs awaiting: it has no `check`. */
export type AsyncGuardMiddleware = Middleware & AsyncGuard

/** A factory of guards of core, as one of route middlewares: the same arguments, the same refusals. */
export type GuardMiddlewareFactory<F> = F extends (...args: infer A extends readonly unknown[]) => Guard
  ? (...args: A) => GuardMiddleware
  : never

/** How guards become one. As soon as one of them needs awaiting, all of it does. */
export interface GuardMiddlewareComposition {
  (...guards: readonly [Guard, ...Guard[]]): GuardMiddleware
  (...guards: readonly [AnyGuard, ...AnyGuard[]]): AsyncGuardMiddleware
}

/** Makes a route middleware of a guard. */
export function toMiddleware(guard: Guard): GuardMiddleware
export function toMiddleware(guard: AsyncGuard): AsyncGuardMiddleware
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

/** Makes a factory of route middlewares of a factory of guards. */
export function toFactory<A extends readonly unknown[]>(
  create: (...args: A) => Guard,
): (...args: A) => GuardMiddleware {
  return (...args) => toMiddleware(create(...args))
}

/** Makes a composition that answers with route middlewares. */
export function toComposition(
  compose: (...guards: readonly [AnyGuard, ...AnyGuard[]]) => AnyGuard,
): GuardMiddlewareComposition {
  return ((...guards: readonly [AnyGuard, ...AnyGuard[]]) =>
    toMiddleware(compose(...guards))) as GuardMiddlewareComposition
}
