import * as core from '@countersign/core'
import type { AnyGuard, Guard } from '@countersign/core'
import { toHandler } from './guard-handler.js'
import type { AsyncGuardHandler, GuardHandler } from './guard-handler.js'

/**
 * Demands every one of these scopes, as a route handler: otherwise 403, with all of them in the challenge.
 *
 * @throws TypeError at construction for no scope, a non-string, or one that is not a scope-token
 * @see RFC 6750 section 3.1
 */
export function requireScopes(...scopes: readonly string[]): GuardHandler {
  return toHandler(core.requireScopes(...scopes))
}

/** Demands at least one of these scopes; otherwise as {@link requireScopes}. */
export function requireAnyScope(...scopes: readonly string[]): GuardHandler {
  return toHandler(core.requireAnyScope(...scopes))
}

/** Demands that every guard holds, in order; the first that does not decides the answer. */
export function allOf(...guards: readonly [Guard, ...Guard[]]): GuardHandler
export function allOf(...guards: readonly [AnyGuard, ...AnyGuard[]]): AsyncGuardHandler
export function allOf(...guards: readonly [AnyGuard, ...AnyGuard[]]): GuardHandler | AsyncGuardHandler {
  return toHandler(core.allOf(...guards))
}

/** Demands that at least one guard holds. Only a denial falls through to the next guard; an error does not. */
export function anyOf(...guards: readonly [Guard, ...Guard[]]): GuardHandler
export function anyOf(...guards: readonly [AnyGuard, ...AnyGuard[]]): AsyncGuardHandler
export function anyOf(...guards: readonly [AnyGuard, ...AnyGuard[]]): GuardHandler | AsyncGuardHandler {
  return toHandler(core.anyOf(...guards))
}
