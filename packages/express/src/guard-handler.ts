import type { AnyGuard, AsyncGuard, Guard } from '@countersign/core'
import { checkGuard } from '@countersign/core/adapter'
import type { Handler } from './handler.js'
import { refuse, settle } from './settle.js'

/** A route handler that is a guard as well: it stands in a route, in `allOf`, or is called as `guard.check(principal)`. */
export type GuardHandler = Handler & Guard

/** A route handler that is a guard that needs awaiting: it has no `check`. */
export type AsyncGuardHandler = Handler & AsyncGuard

/** Makes a route handler of a guard. */
export function toHandler(guard: Guard): GuardHandler
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
