import type { AnyGuard, AsyncGuard, Guard } from '@countersign/core'
import { checkGuard } from '@countersign/core/adapter'
import type { Hook } from './hook.js'
import { toThrow } from './refuse.js'

/** A route hook that is a guard as well: it stands in a route, in `allOf`, or is called as `guard.check(principal)`. */
export type GuardHook = Hook & Guard

/** A route hook that is a guard that needs awaiting: it has no `check`. */
export type AsyncGuardHook = Hook & AsyncGuard

/** Makes a route hook of a guard. */
export function toHook(guard: Guard): GuardHook
export function toHook(guard: AnyGuard): GuardHook | AsyncGuardHook
export function toHook(guard: AnyGuard): GuardHook | AsyncGuardHook {
  const hook: Hook = async (request, reply) => {
    try {
      await checkGuard(request.raw, guard, request)
    } catch (error) {
      throw toThrow(error, reply)
    }
  }
  return Object.assign(hook, guard)
}
