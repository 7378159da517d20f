import { AuthorizationError, InternalError } from '../errors.js'
import type { Principal } from '../principal.js'
import { createGuard, toPrincipal } from './create-guard.js'
import type { AnyGuard, AsyncGuard, Guard } from './guard.js'
import { runCheck, runCheckAsync } from './run.js'

/**
 * Demands that every guard holds. The first denial decides the answer, but a denial that no step-up would mend comes
 * before one that a step-up would: nobody is sent to sign in again for nothing.
 */
export function allOf(...guards: readonly [Guard, ...Guard[]]): Guard
export function allOf(...guards: readonly [AnyGuard, ...AnyGuard[]]): AsyncGuard
export function allOf(...guards: readonly AnyGuard[]): AnyGuard {
  checkGuards('allOf', guards)
  if (guards.every(isSync)) {
    return createGuard((principal) => {
      let stepUp: AuthorizationError | undefined
      for (const guard of guards) {
        try {
          runCheck(guard, principal)
        } catch (error) {
          const found = toStepUp(error)
          stepUp ??= found
        }
      }
      if (stepUp !== undefined) throw stepUp
    })
  }
  return Object.freeze({
    async checkAsync(principal: Principal<unknown> | undefined, request?: unknown): Promise<void> {
      toPrincipal(principal)
      let stepUp: AuthorizationError | undefined
      for (const guard of guards) {
        try {
          await run(guard, principal, request)
        } catch (error) {
          const found = toStepUp(error)
          stepUp ??= found
        }
      }
      if (stepUp !== undefined) throw stepUp
    },
  })
}

/**
 * Demands that at least one guard holds. Only a denial falls through to the next guard: a throwing predicate or a wrong
 * type is an error, not a reason to try another door. Answers with a step-up challenge only where stepping up alone
 * would satisfy an alternative, otherwise with 403.
 */
export function anyOf(...guards: readonly [Guard, ...Guard[]]): Guard
export function anyOf(...guards: readonly [AnyGuard, ...AnyGuard[]]): AsyncGuard
export function anyOf(...guards: readonly AnyGuard[]): AnyGuard {
  checkGuards('anyOf', guards)
  if (guards.every(isSync)) {
    return createGuard((principal) => {
      const denials: AuthorizationError[] = []
      for (const guard of guards) {
        try {
          return runCheck(guard, principal)
        } catch (error) {
          denials.push(toDenial(error))
        }
      }
      throw worthAnswering(denials)
    })
  }
  return Object.freeze({
    async checkAsync(principal: Principal<unknown> | undefined, request?: unknown): Promise<void> {
      toPrincipal(principal)
      const denials: AuthorizationError[] = []
      for (const guard of guards) {
        try {
          return await run(guard, principal, request)
        } catch (error) {
          denials.push(toDenial(error))
        }
      }
      throw worthAnswering(denials)
    },
  })
}

async function run(guard: AnyGuard, principal: Principal<unknown> | undefined, request: unknown): Promise<void> {
  if (isSync(guard)) runCheck(guard, principal)
  else await runCheckAsync(guard, principal, request)
}

function isSync(guard: AnyGuard): guard is Guard {
  return 'check' in guard
}

function checkGuards(name: string, guards: readonly AnyGuard[]): void {
  if (guards.length === 0)
    throw new TypeError(`${name}() wants at least one guard: without any it would let everyone in`)
  for (const guard of guards) {
    const known = typeof (guard as Guard | undefined)?.check === 'function'
    if (!known && typeof (guard as AsyncGuard | undefined)?.checkAsync !== 'function') {
      throw new TypeError(
        `${name}() wants guards, got ${typeof guard}: call the guard's factory, as in requireScopes('orders:read')`,
      )
    }
  }
}

/** A denial that signing in again would mend; anything else is thrown on. */
function toStepUp(error: unknown): AuthorizationError {
  if (error instanceof AuthorizationError && error.status === 401) return error
  throw error
}

function toDenial(error: unknown): AuthorizationError {
  if (error instanceof AuthorizationError) return error
  throw error instanceof Error ? error : new InternalError('ERR_GUARD_FAILED', { cause: error })
}

/** The first that a step-up would mend, else the first. There is one for each guard. */
function worthAnswering(denials: readonly AuthorizationError[]): AuthorizationError {
  return denials.reduce((answer, denial) => (answer.status !== 401 && denial.status === 401 ? denial : answer))
}
