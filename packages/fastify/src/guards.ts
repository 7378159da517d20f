import * as core from '@countersign/core'
import type { AnyGuard, Guard } from '@countersign/core'
import { toHook } from './guard-hook.js'
import type { AsyncGuardHook, GuardHook } from './guard-hook.js'

/**
 * Demands every one of these scopes, as a route hook: otherwise 403, with all of them in the challenge.
 *
 * @throws TypeError at construction for no scope, a non-string, or one that is not a scope-token
 * @see RFC 6750 section 3.1
 */
export function requireScopes(...scopes: readonly string[]): GuardHook {
  return toHook(core.requireScopes(...scopes))
}

/** Demands at least one of these scopes; otherwise as {@link requireScopes}. */
export function requireAnyScope(...scopes: readonly string[]): GuardHook {
  return toHook(core.requireAnyScope(...scopes))
}

/** Demands that every guard holds, in order; the first that does not decides the answer. */
export function allOf(...guards: readonly [Guard, ...Guard[]]): GuardHook
export function allOf(...guards: readonly [AnyGuard, ...AnyGuard[]]): AsyncGuardHook
export function allOf(...guards: readonly [AnyGuard, ...AnyGuard[]]): GuardHook | AsyncGuardHook {
  return toHook(core.allOf(...guards))
}

/** Demands that at least one guard holds. Only a denial falls through to the next guard; an error does not. */
export function anyOf(...guards: readonly [Guard, ...Guard[]]): GuardHook
export function anyOf(...guards: readonly [AnyGuard, ...AnyGuard[]]): AsyncGuardHook
export function anyOf(...guards: readonly [AnyGuard, ...AnyGuard[]]): GuardHook | AsyncGuardHook {
  return toHook(core.anyOf(...guards))
}
