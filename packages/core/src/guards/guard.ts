import type { Principal } from '../principal.js'

/**
 * A condition on a principal that is decided at once. Throws {@link AuthorizationError} where it does not hold,
 * `ERR_CREDENTIALS_MISSING` for no principal, and `ERR_GUARD_FAILED` (500) for anything that is not a principal.
 */
export interface Guard {
  check(principal: Principal<unknown> | undefined): void
}

/**
 * A condition that needs awaiting. It has no `check`, so that a forgotten `await` does not compile into an open door.
 */
export interface AsyncGuard {
  checkAsync(principal: Principal<unknown> | undefined, request?: unknown): Promise<void>
}

/** Either kind of guard. */
export type AnyGuard = Guard | AsyncGuard
