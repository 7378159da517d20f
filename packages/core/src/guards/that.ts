import { AuthorizationError, CountersignError, InternalError } from '../errors.js'
import type { Principal } from '../principal.js'
import { toPrincipal } from './create-guard.js'
import type { AsyncGuard } from './guard.js'

/**
 * Demands what a function of the application says. It is awaited, and only `true` itself allows. `request` is whatever
 * `checkAsync` is given.
 *
 * @throws AuthorizationError `ERR_ACCESS_DENIED`; InternalError `ERR_GUARD_FAILED` where the function throws or rejects:
 *   a check that could not be made is a failure (500), never a denial that another door may answer
 */
export function requireThat<R = unknown>(
  predicate: (principal: Principal, request: R) => boolean | Promise<boolean>,
): AsyncGuard {
  if (typeof predicate !== 'function') throw new TypeError('requireThat() wants a function that returns true or false')
  return Object.freeze({
    async checkAsync(principal: Principal<unknown> | undefined, request?: unknown): Promise<void> {
      const found = toPrincipal(principal)
      let allowed: unknown
      try {
        allowed = await predicate(found as Principal, request as R)
      } catch (error) {
        if (error instanceof CountersignError) throw error
        throw new InternalError('ERR_GUARD_FAILED', { cause: error })
      }
      // A truthy leftover, a row, a promise of a promise, a string, is not a yes.
      if (allowed !== true) throw new AuthorizationError('ERR_ACCESS_DENIED')
    },
  })
}
