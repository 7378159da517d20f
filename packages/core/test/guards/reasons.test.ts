import { describe, expect, it } from 'vitest'
import { AuthorizationError } from '../../src/errors.js'
import { requireActor } from '../../src/guards/actor.js'
import { requireAuthentication } from '../../src/guards/authentication.js'
import { requireAuthorizationDetails } from '../../src/guards/authorization-details.js'
import { requireClaim } from '../../src/guards/claim.js'
import { anyOf } from '../../src/guards/compose.js'
import type { Guard } from '../../src/guards/guard.js'
import { requireGroups, requireRoles } from '../../src/guards/names.js'
import { runCheck, runCheckAsync } from '../../src/guards/run.js'
import { requireScopes } from '../../src/guards/scopes.js'
import { requireThat } from '../../src/guards/that.js'
import { errorOf, errorOfAsync, reasonOf } from '../refusals.js'
import { toPrincipal } from './principals.js'

function judge(guard: Guard, description: Parameters<typeof toPrincipal>[0] = {}): string {
  return reasonOf(() => guard.check(toPrincipal(description)))
}

describe('every condition of a guard counts', () => {
  it('for an actor: subject and client, each where it is given', () => {
    const actor = { issuer: undefined, subject: 'service-1', clientId: 'client-1' }
    expect(judge(requireActor({ subject: 'service-1', clientId: 'client-1' }), { actor })).toBe('accepted')
    expect(judge(requireActor({ subject: 'service-1', clientId: 'client-2' }), { actor })).toBe('ERR_ACCESS_DENIED')
    expect(judge(requireActor({ clientId: 'client-2' }), { actor })).toBe('ERR_ACCESS_DENIED')
    expect(judge(requireActor({ clientId: 'client-1' }), { actor: { ...actor, clientId: undefined } })).toBe(
      'ERR_ACCESS_DENIED',
    )
  })

  it('for authorization details: every action and every location, of one entry', () => {
    const guard = requireAuthorizationDetails({ type: 'payment', actions: ['read', 'pay'], locations: ['a', 'b'] })
    const withEntry = (entry: object): string => judge(guard, { payload: { authorization_details: [entry] } })
    const whole = { type: 'payment', actions: ['pay', 'read', 'x'], locations: ['b', 'a'] }
    expect(withEntry(whole)).toBe('accepted')
    expect(withEntry({ ...whole, actions: ['pay'] })).toBe('ERR_ACCESS_DENIED')
    expect(withEntry({ ...whole, actions: ['read'] })).toBe('ERR_ACCESS_DENIED')
    expect(withEntry({ ...whole, locations: ['a'] })).toBe('ERR_ACCESS_DENIED')
    expect(withEntry({ ...whole, actions: ['pay', 'read', 1] })).toBe('ERR_ACCESS_DENIED')
  })

  it('for authorization details: entries that are none stand beside one that is', () => {
    const guard = requireAuthorizationDetails({ type: 'payment' })
    const details = [null, undefined, 'payment', 7, true, [], ['payment'], { type: 7 }]
    expect(judge(guard, { payload: { authorization_details: details } })).toBe('ERR_ACCESS_DENIED')
    expect(judge(guard, { payload: { authorization_details: [...details, { type: 'payment' }] } })).toBe('accepted')
  })
})

describe('what answers for several alternatives', () => {
  it('is the first denial, or the first that a step-up would mend', () => {
    const [first, second] = [requireScopes('a'), requireScopes('b')]
    const stepUps = [requireAuthentication({ acr: 'gold' }), requireAuthentication({ acr: 'silver' })] as const
    const wants = (...guards: readonly [Guard, ...Guard[]]): unknown =>
      errorOf(() => anyOf(...guards).check(toPrincipal())).challenge
    expect(wants(first, second)).toEqual({ scope: 'a' })
    expect(wants(second, first)).toEqual({ scope: 'b' })
    expect(wants(first, stepUps[1], second, stepUps[0])).toMatchObject({ acrValues: 'silver' })
    expect(wants(stepUps[0], stepUps[1])).toMatchObject({ acrValues: 'gold' })
  })
})

describe('what an operator is told of a denial', () => {
  it.each<readonly [string, Guard, readonly string[]]>([
    ['requireRoles', requireRoles('a', 'b'), ['a', 'b']],
    ['requireGroups', requireGroups('g'), ['g']],
    ['requireScopes', requireScopes('s', 't'), ['s', 't']],
    ['requireClaim', requireClaim(['realm_access', 'level'], 1), ['realm_access level']],
    ['requireActor', requireActor('service-1'), ['act']],
    [
      'requireAuthorizationDetails',
      requireAuthorizationDetails({ type: 'payment' }),
      ['authorization_details', 'payment'],
    ],
  ])('%s: what it wanted', (_, guard, wants) => {
    expect(errorOf(() => guard.check(toPrincipal())).detail).toEqual({ wants })
  })

  it('and of a failure: what failed, and how to mend it', async () => {
    const cause = { name: 'RangeError', code: undefined, status: undefined }
    const thrower = (): never => {
      throw new RangeError('with a text that is nobody’s business')
    }
    const principal = toPrincipal({ payload: { authorization_details: [{ type: 'x' }] } })
    const where = requireAuthorizationDetails({ type: 'x', where: thrower })
    expect(errorOf(() => where.check(principal))).toMatchObject({ reason: 'ERR_GUARD_FAILED', cause })
    const that = await errorOfAsync(() => requireThat(thrower).checkAsync(principal))
    expect(that).toMatchObject({ reason: 'ERR_GUARD_FAILED', cause })
    const later = requireAuthorizationDetails({ type: 'x', where: (async () => true) as never })
    expect(errorOf(() => later.check(principal)).message).toContain('use requireThat()')
    const odd = { check: () => Promise.reject(new Error('x')) as never }
    expect(errorOf(() => runCheck(odd, principal)).message).toContain('The check() of a guard returned something')
    const oddLater = await errorOfAsync(() => runCheckAsync({ checkAsync: async () => false as never }, principal, 0))
    expect(oddLater.message).toContain('The checkAsync() of a guard returned something')
    expect(errorOf(() => requireRoles('a').check({} as never)).message).toContain('something that is not a principal')
    const strange = {
      check(): never {
        // oxlint-disable-next-line typescript/only-throw-error -- anybody may have written the guard
        throw 'text'
      },
    }
    expect(errorOf(() => anyOf(strange).check(principal))).toMatchObject({
      reason: 'ERR_GUARD_FAILED',
      cause: { name: 'Error' },
    })
    const denial = new AuthorizationError('ERR_ACCESS_DENIED')
    expect(errorOf(() => anyOf({ check: () => Promise.reject(denial) as never }).check(principal)).status).toBe(500)
  })
})

describe('what whoever builds a guard wrongly is told', () => {
  const loosely = (create: unknown): ((...given: readonly unknown[]) => unknown) => create as () => unknown
  it.each<readonly [string, (...given: readonly unknown[]) => unknown, readonly unknown[]]>([
    ['requireActor() wants an object of subject, clientId, issuer', loosely(requireActor), [null]],
    ['requireActor() wants an object of subject, clientId, issuer', loosely(requireActor), [['x']]],
    ['requireActor() wants an object of subject, clientId, issuer', loosely(requireActor), [7]],
    ['requireActor() wants strings', loosely(requireActor), [{ subject: 7 }]],
    ['requireActor() wants a subject or a clientId', loosely(requireActor), [{ issuer: 'x' }]],
    ['requireActor() does not know "sub": it wants subject, clientId, issuer', loosely(requireActor), [{ sub: 'x' }]],
    ['requireAuthentication() wants an object of acr, maxAgeSeconds', loosely(requireAuthentication), [undefined]],
    ['requireAuthentication() wants an object of acr, maxAgeSeconds', loosely(requireAuthentication), [['acr']]],
    ['requireAuthentication() wants acr, maxAgeSeconds or both', loosely(requireAuthentication), [{}]],
    [
      'requireAuthentication() wants maxAgeSeconds as a whole number',
      loosely(requireAuthentication),
      [{ maxAgeSeconds: -1 }],
    ],
    ['requireAuthentication() wants at least one argument', loosely(requireAuthentication), [{ acr: [] }]],
    [
      'requireAuthorizationDetails() wants an object of type, actions, locations, where',
      loosely(requireAuthorizationDetails),
      ['x'],
    ],
    [
      'requireAuthorizationDetails() wants at least one argument',
      loosely(requireAuthorizationDetails),
      [{ type: 'x', actions: [] }],
    ],
    [
      'requireAuthorizationDetails() wants where as a function',
      loosely(requireAuthorizationDetails),
      [{ type: 'x', where: 1 }],
    ],
    ['requireClaim() wants at least one value', loosely(requireClaim), [['x'], []]],
    ['requireClaim() wants strings, numbers or booleans as values, got object', loosely(requireClaim), [['x'], [null]]],
    ['requireClaim() wants a path', loosely(requireClaim), ['a.b', 1]],
    ['requireAuthentication() wants a list of', loosely(requireAuthentication), [{ acr: { 0: 'x' } }]],
    ['requireRoles() wants names that are not empty', loosely(requireRoles), ['']],
  ])('%s', (message, create, given) => {
    expect(() => create(...given)).toThrow(message)
    expect(() => create(...given)).toThrow(TypeError)
  })
})
