import * as core from '@countersign/core'
import type { AnyGuard, Guard } from '@countersign/core'
import { toMiddleware } from './guard-middleware.js'
import type { AsyncGuardMiddleware, GuardMiddleware } from './guard-middleware.js'

/**
 * Demands every one of these scopes, as a route middleware: otherwise 403, with all of them in the challenge.
 *
 * @throws TypeError at construction for no scope, a non-string, or one that is not a scope-token
 * @see RFC 6750 section 3.1
 */
export function requireScopes(...scopes: readonly string[]): GuardMiddleware {
  return toMiddleware(core.requireScopes(...scopes))
}

/** Demands at least one of these scopes; otherwise as {@link requireScopes}. */
export function requireAnyScope(...scopes: readonly string[]): GuardMiddleware {
  return toMiddleware(core.requireAnyScope(...scopes))
}

/** Demands that every guard holds, in order; the first that does not decides the answer. */
export function allOf(...guards: readonly [Guard, ...Guard[]]): GuardMiddleware
export function allOf(...guards: readonly [AnyGuard, ...AnyGuard[]]): AsyncGuardMiddleware
export function allOf(...guards: readonly [AnyGuard, ...AnyGuard[]]): GuardMiddleware | AsyncGuardMiddleware {
  return toMiddleware(core.allOf(...guards))
}

/** Demands that at least one guard holds. Only a denial falls through to the next guard; an error does not. */
export function anyOf(...guards: readonly [Guard, ...Guard[]]): GuardMiddleware
export function anyOf(...guards: readonly [AnyGuard, ...AnyGuard[]]): AsyncGuardMiddleware
export function anyOf(...guards: readonly [AnyGuard, ...AnyGuard[]]): GuardMiddleware | AsyncGuardMiddleware {
  return toMiddleware(core.anyOf(...guards))
}
