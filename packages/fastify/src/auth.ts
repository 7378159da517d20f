import type { Principal, Verifier } from '@countersign/core'
import { findPrincipal, getPrincipal } from '@countersign/core/adapter'
import type { HookRequest } from './hook.js'

/**
 * The principal of a request. With a verifier, its claims have that verifier's type, and it must be the one that
 * judged the request.
 *
 * @throws InternalError `ERR_NOT_AUTHENTICATED` (500) where nobody is signed in: a route that reads a principal must be
 *   one that demands it
 */
export function getAuth(request: HookRequest): Principal
export function getAuth<C>(request: HookRequest, verifier: Verifier<C>): Principal<C>
export function getAuth<C>(request: HookRequest, verifier?: Verifier<C>): Principal<C> {
  return getPrincipal(request.raw, verifier)
}

/** The principal of a request, or `undefined` where nobody is signed in. Never throws. */
export function findAuth(request: HookRequest): Principal | undefined {
  return findPrincipal(request.raw)
}
