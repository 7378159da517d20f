import { InternalError } from '../errors.js'
import type { Principal } from '../principal.js'
import type { AsyncGuard, Guard } from './guard.js'

/**
 * Runs a guard that anybody may have written. One that answers with `false` or a promise has thrown nothing, and would let
 * everyone in: TypeScript takes both for `void`.
 *
 * @throws what the guard throws; InternalError `ERR_GUARD_FAILED` (500) where it returns anything
 */
export function runCheck(guard: Guard, principal: Principal<unknown> | undefined): void {
  const answer: unknown = guard.check(principal)
  if (answer === undefined) return
  // Nobody awaits it, and a rejection that nobody awaits ends the process.
  Promise.resolve(answer).catch(() => undefined)
  throw answered('check()')
}

/** As {@link runCheck}, for a guard that is awaited. */
export async function runCheckAsync(
  guard: AsyncGuard,
  principal: Principal<unknown> | undefined,
  request: unknown,
): Promise<void> {
  const answer: unknown = await guard.checkAsync(principal, request)
  if (answer !== undefined) throw answered('checkAsync()')
}

function answered(method: string): InternalError {
  const message = `The ${method} of a guard returned something: it must throw to deny, and return nothing to allow`
  return new InternalError('ERR_GUARD_FAILED', { message })
}
