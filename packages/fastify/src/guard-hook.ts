import type { AnyGuard, AsyncGuard, Guard } from '@countersign/core'
import { checkGuard } from '@countersign/core/adapter'
import type { Hook } from './hook.js'
import { toThrow } from './refuse.js'

/** A route hook that is a guard as well: it stands in a route, in `allOf`, or is called as `guard.check(principal)`. */
export type GuardHook = Hook & Guard

/** A route hook that is a guard that needs awaiting: it has no `check`. */
export type AsyncGuardHook = Hook & AsyncGuard

/** A factory of guards of core, as one of route hooks: the same arguments, the same refusals. */
export type GuardHookFactory<F> = F extends (...args: infer A extends readonly unknown[]) => Guard
  ? (...args: A) => GuardHook
  : never

/** How guards become one. As soon as one of them needs awaiting, all of it does. */
export interface GuardHookComposition {
  (...guards: readonly [Guard, ...Guard[]]): GuardHook
  (...guards: readonly [AnyGuard, ...AnyGuard[]]): AsyncGuardHook
}

/** Makes a route hook of a guard. */
export function toHook(guard: Guard): GuardHook
export function toHook(guard: AsyncGuard): AsyncGuardHook
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

/** Makes a factory of route hooks of a factory of guards. */
export function toFactory<A extends readonly unknown[]>(create: (...args: A) => Guard): (...args: A) => GuardHook {
  return (...args) => toHook(create(...args))
}

/** Makes a composition that answers with route hooks. */
export function toComposition(
  compose: (...guards: readonly [AnyGuard, ...AnyGuard[]]) => AnyGuard,
): GuardHookComposition {
  return ((...guards: readonly [AnyGuard, ...AnyGuard[]]) => toHook(compose(...guards))) as GuardHookComposition
}
