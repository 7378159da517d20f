import { describe, expect, it } from 'vitest'
import { AuthorizationError, InternalError } from '../../src/errors.js'
import { requireAuthentication } from '../../src/guards/authentication.js'
import { allOf, anyOf } from '../../src/guards/compose.js'
import type { AnyGuard, AsyncGuard, Guard } from '../../src/guards/guard.js'
import { requireRoles } from '../../src/guards/names.js'
import { requireScopes } from '../../src/guards/scopes.js'
import { requireThat } from '../../src/guards/that.js'
import { errorOf, reasonOfAsync } from '../refusals.js'
import { toPrincipal } from './principals.js'

const yes: Guard = requireScopes('yes')
const no: Guard = requireRoles('no')
const stepUp: Guard = requireAuthentication({ acr: 'gold' })
const broken: Guard = {
  check() {
    throw new TypeError('broken')
  },
}
const failed: Guard = {
  check() {
    throw new InternalError('ERR_GUARD_FAILED')
  },
}

const later = (guard: Guard): AsyncGuard => ({ checkAsync: async (principal) => guard.check(principal) })

type Compose = (...guards: readonly AnyGuard[]) => AnyGuard
const all = allOf as Compose
const any = anyOf as Compose

/** Judges a composition as it is and with one, and with every part awaited: the answer must be the same. */
async function judge(compose: Compose, ...guards: readonly Guard[]): Promise<string> {
  const principal = toPrincipal({ scopes: ['yes'] })
  const run = async (guard: AnyGuard): Promise<string> => {
    try {
      return await reasonOfAsync(() => ('check' in guard ? guard.check(principal) : guard.checkAsync(principal)))
    } catch (error) {
      return (error as Error).name
    }
  }
  const answers = [await run(compose(...guards)), await run(compose(...guards.map(later)))]
  for (const index of guards.keys()) {
    answers.push(await run(compose(...guards.map((guard, other) => (other === index ? later(guard) : guard)))))
  }
  expect(new Set(answers).size, answers.join(', ')).toBe(1)
  return answers[0] ?? 'none'
}

describe('allOf', () => {
  it('allows where every guard does, and the first denial decides the answer', async () => {
    expect(await judge(all, yes)).toBe('accepted')
    expect(await judge(all, yes, yes, yes)).toBe('accepted')
    expect(await judge(all, yes, no)).toBe('ERR_ACCESS_DENIED')
    expect(await judge(all, no, yes)).toBe('ERR_ACCESS_DENIED')
    expect(await judge(all, requireScopes('b'), no)).toBe('ERR_SCOPE_INSUFFICIENT')
    expect(await judge(all, no, requireScopes('b'))).toBe('ERR_ACCESS_DENIED')
  })

  it('answers with a denial before a step-up that would not help', async () => {
    expect(await judge(all, stepUp, no)).toBe('ERR_ACCESS_DENIED')
    expect(await judge(all, stepUp, yes)).toBe('ERR_STEP_UP_ACR')
    expect(await judge(all, stepUp, requireAuthentication({ maxAgeSeconds: 1 }))).toBe('ERR_STEP_UP_ACR')
  })

  it('is closed where a guard breaks', async () => {
    expect(await judge(all, yes, broken)).toBe('TypeError')
    expect(await judge(all, failed, yes)).toBe('ERR_GUARD_FAILED')
    expect(await judge(all, stepUp, broken)).toBe('TypeError')
  })
})

describe('anyOf', () => {
  it('allows where one guard does, and answers with the first denial', async () => {
    expect(await judge(any, yes)).toBe('accepted')
    expect(await judge(any, no, yes)).toBe('accepted')
    expect(await judge(any, no, no)).toBe('ERR_ACCESS_DENIED')
    expect(await judge(any, requireScopes('b'), no)).toBe('ERR_SCOPE_INSUFFICIENT')
  })

  it('answers with a step-up only where that alone would satisfy an alternative', async () => {
    expect(await judge(any, no, stepUp)).toBe('ERR_STEP_UP_ACR')
    expect(await judge(any, stepUp, no)).toBe('ERR_STEP_UP_ACR')
    expect(await judge(any, no, allOf(stepUp, no))).toBe('ERR_ACCESS_DENIED')
    expect(await judge(any, no, allOf(stepUp, yes))).toBe('ERR_STEP_UP_ACR')
  })

  it('takes a failure for a failure, not for a reason to try the next door', async () => {
    expect(await judge(any, broken, yes)).toBe('TypeError')
    expect(await judge(any, failed, yes)).toBe('ERR_GUARD_FAILED')
    expect(await judge(any, no, broken)).toBe('TypeError')
  })

  it('asks no further guard once one has allowed', async () => {
    expect(await judge(any, yes, broken)).toBe('accepted')
  })

  it.each(['a string', 1, undefined, null, { status: 403 }])(
    'takes %o for a failure where that is thrown',
    async (thrown) => {
      const odd: Guard = {
        check() {
          // oxlint-disable-next-line typescript/only-throw-error -- what an application throws is its own affair
          throw thrown
        },
      }
      expect(await judge(any, odd, yes)).toBe('ERR_GUARD_FAILED')
    },
  )

  it("takes an application's own denial for a denial", async () => {
    class Suspended extends AuthorizationError {}
    const own: Guard = {
      check() {
        throw new Suspended('ERR_ACCESS_DENIED')
      },
    }
    expect(await judge(any, own, yes)).toBe('accepted')
    expect(await judge(any, own, own)).toBe('ERR_ACCESS_DENIED')
  })
})

describe.each([
  ['allOf', all],
  ['anyOf', any],
] as const)('%s', (_, compose) => {
  it('answers nobody before any guard is asked', async () => {
    let asked = 0
    const counting: Guard = { check: () => void asked++ }
    expect(errorOf(() => (compose(counting) as Guard).check(undefined)).reason).toBe('ERR_CREDENTIALS_MISSING')
    const awaited = compose(later(counting)) as AsyncGuard
    expect(await reasonOfAsync(() => awaited.checkAsync(undefined))).toBe('ERR_CREDENTIALS_MISSING')
    expect(await reasonOfAsync(() => awaited.checkAsync({ scopes: ['yes'] } as never))).toBe('ERR_GUARD_FAILED')
    expect(asked).toBe(0)
  })

  it('is a guard that needs awaiting as soon as one part of it does', () => {
    expect('check' in compose(yes, no)).toBe(true)
    const mixed = compose(
      yes,
      requireThat(() => true),
    )
    expect(['check' in mixed, 'checkAsync' in mixed]).toEqual([false, true])
    expect('check' in compose(compose(mixed), yes)).toBe(false)
  })

  it('hands the request to the parts that are awaited', async () => {
    const seen: unknown[] = []
    const guard = compose(requireThat((_principal, request) => seen.push(request) > 0)) as AsyncGuard
    await guard.checkAsync(toPrincipal(), 'request')
    expect(seen).toEqual(['request'])
  })

  it.each([false, true, 0, '', null, {}])(
    'is closed where a guard answers %o instead of throwing or returning nothing',
    async (answer) => {
      const odd: Guard = { check: () => answer }
      expect(await judge(compose, odd)).toBe('ERR_GUARD_FAILED')
      expect(await judge(compose, odd, odd)).toBe('ERR_GUARD_FAILED')
    },
  )

  it('is closed where a guard that is not awaited makes a promise, and loses no rejection', () => {
    const allowing = async (): Promise<void> => undefined
    const denying = async (): Promise<void> => no.check(toPrincipal())
    for (const check of [allowing, denying]) {
      const odd: Guard = { check: check as () => void }
      const guard = compose(odd) as Guard
      expect(errorOf(() => guard.check(toPrincipal())).reason).toBe('ERR_GUARD_FAILED')
    }
  })

  it('is closed where a guard that is awaited answers anything', async () => {
    for (const answer of [false, true, 0, {}]) {
      const odd: AsyncGuard = { checkAsync: async () => answer as never }
      const guard = compose(odd) as AsyncGuard
      expect(await reasonOfAsync(() => guard.checkAsync(toPrincipal()))).toBe('ERR_GUARD_FAILED')
    }
  })

  it('does not see what happens to the list of guards afterwards', async () => {
    const guards: Guard[] = [no]
    const guard = compose(...guards)
    guards.length = 0
    expect(errorOf(() => (guard as Guard).check(toPrincipal())).reason).toBe('ERR_ACCESS_DENIED')
  })
})
