import type { AnyGuard, AsyncGuard, Guard } from '@countersign/core'
import { checkGuard } from '@countersign/core/adapter'
import type { Handler } from './handler.js'
import { refuse, settle } from './settle.js'

/** A route handler that is a guard as well: it stands in a route, in `allOf`, or is called as `guard.check(principal)`. */
export type GuardHandler = Handler & Guard

/** A route handler that is a guard that needs awaiting: it has no `check`. */
export type AsyncGuardHandler = Handler & AsyncGuard

/** A factory of guards of core, as one of route handlers: the same arguments, the same refusals. */
export type GuardHandlerFactory<F> = F extends (...args: infer A extends readonly unknown[]) => Guard
  ? (...args: A) => GuardHandler
  : never

/** How guards become one. As soon as one of them needs awaiting, all of it does. */
export interface GuardHandlerComposition {
  (...guards: readonly [Guard, ...Guard[]]): GuardHandler
  (...guards: readonly [AnyGuard, ...AnyGuard[]]): AsyncGuardHandler
}

/** Makes a route handler of a guard. */
export function toHandler(guard: Guard): GuardHandler
export function toHandler(guard: AsyncGuard): AsyncGuardHandler
export function toHandler(guard: AnyGuard): GuardHandler | AsyncGuardHandler
export function toHandler(guard: AnyGuard): GuardHandler | AsyncGuardHandler {
  const handler: Handler = (req, res, next) => {
    let pending: void | Promise<void>
    try {
      pending = checkGuard(req, guard, req)
    } catch (error) {
      return refuse(error, res, next)
    }
    if (pending === undefined) next()
    else settle(pending, res, next)
  }
  return Object.assign(handler, guard)
}

/** Makes a factory of route handlers of a factory of guards. */
export function toFactory<A extends readonly unknown[]>(create: (...args: A) => Guard): (...args: A) => GuardHandler {
  return (...args) => toHandler(create(...args))
}

/** Makes a composition that answers with route handlers. */
export function toComposition(
  compose: (...guards: readonly [AnyGuard, ...AnyGuard[]]) => AnyGuard,
): GuardHandlerComposition {
  return ((...guards: readonly [AnyGuard, ...AnyGuard[]]) => toHandler(compose(...guards))) as GuardHandlerComposition
}
