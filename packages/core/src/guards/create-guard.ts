import { AuthenticationError, InternalError } from '../errors.js'
import { Principal } from '../principal.js'
import type { Guard } from './guard.js'

/** Makes a guard of a condition: nobody is 401, what is not a principal is a mistake (500), never a denial. */
export function createGuard(condition: (principal: Principal<unknown>) => void): Guard {
  return Object.freeze({
    check(principal: Principal<unknown> | undefined): void {
      condition(toPrincipal(principal))
    },
  })
}

/** The principal itself, or the error that its absence is. */
export function toPrincipal(principal: unknown): Principal<unknown> {
  if (principal === undefined || principal === null) throw new AuthenticationError('ERR_CREDENTIALS_MISSING')
  // A look-alike object, req.user of another library or a payload, must not be judged as if it were verified.
  if (!Principal.isPrincipal(principal)) {
    throw new InternalError('ERR_GUARD_FAILED', { message: 'A guard was given something that is not a principal' })
  }
  return principal
}
