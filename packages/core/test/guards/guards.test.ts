import { describe, expect, it } from 'vitest'
import { AuthorizationError } from '../../src/errors.js'
import { requireActor } from '../../src/guards/actor.js'
import { requireAuthentication } from '../../src/guards/authentication.js'
import { requireAuthorizationDetails } from '../../src/guards/authorization-details.js'
import { requireClaim } from '../../src/guards/claim.js'
import { allOf, anyOf } from '../../src/guards/compose.js'
import type { Guard } from '../../src/guards/guard.js'
import {
  requireAnyRole,
  requireGroups,
  requireIssuer,
  requirePermissions,
  requireRoles,
} from '../../src/guards/names.js'
import { requireAnyScope, requireScopes } from '../../src/guards/scopes.js'
import { requireThat } from '../../src/guards/that.js'
import { errorOf, errorOfAsync, reasonOf, reasonOfAsync } from '../refusals.js'
import { toPrincipal } from './principals.js'

/** One of each, none of which a principal without anything satisfies. */
const GUARDS: Readonly<Record<string, Guard>> = {
  requireScopes: requireScopes('a'),
  requireAnyScope: requireAnyScope('a', 'b'),
  requireRoles: requireRoles('r'),
  requireAnyRole: requireAnyRole('r', 's'),
  requirePermissions: requirePermissions('p'),
  requireGroups: requireGroups('g'),
  requireClaim: requireClaim(['x'], true),
  requireIssuer: requireIssuer('https://trusted.example'),
  requireActor: requireActor('service-1'),
  requireAuthentication: requireAuthentication({ acr: 'gold' }),
  requireAuthorizationDetails: requireAuthorizationDetails({ type: 'payment' }),
  allOf: allOf(requireScopes('a')),
  anyOf: anyOf(requireScopes('a'), requireRoles('r')),
}

const LOOK_ALIKES = [
  {},
  [],
  'user-1',
  1,
  true,
  () => undefined,
  { issuer: 'https://trusted.example', subject: 'u', scopes: ['a'], roles: ['r'], payload: { x: true }, acr: 'gold' },
  Object.create(toPrincipal({ scopes: ['a'] }) as object) as unknown,
  new Proxy(toPrincipal({ scopes: ['a'] }), {}),
]

describe.each(Object.entries(GUARDS))('%s', (_, guard) => {
  it.each([undefined, null])(
    'answers nobody (%s) with 401 and a bare challenge, before it judges anything',
    (nobody) => {
      const error = errorOf(() => guard.check(nobody as undefined))
      expect(error).toMatchObject({ reason: 'ERR_CREDENTIALS_MISSING', status: 401, oauthError: undefined })
    },
  )

  it.each(LOOK_ALIKES)('takes %o for a mistake of the application, not for a principal', (value) => {
    expect(errorOf(() => guard.check(value as never))).toMatchObject({ reason: 'ERR_GUARD_FAILED', status: 500 })
  })

  it('denies a principal that has nothing', () => {
    expect(errorOf(() => guard.check(toPrincipal()))).toBeInstanceOf(AuthorizationError)
  })

  it('is frozen: nobody opens it later', () => {
    expect(Object.isFrozen(guard)).toBe(true)
    expect(() => Object.assign(guard, { check: () => undefined })).toThrow(TypeError)
  })
})

describe('requireScopes', () => {
  it('demands every scope, whole and in its case', () => {
    const guard = requireScopes('orders:read', 'orders:write')
    expect(reasonOf(() => guard.check(toPrincipal({ scopes: ['orders:write', 'x', 'orders:read'] })))).toBe('accepted')
    for (const scopes of [
      [],
      ['orders:read'],
      ['orders:read', 'ORDERS:WRITE'],
      ['orders:read orders:write'],
      ['orders:read,orders:write'],
      ['orders:read', 'orders:write2'],
      ['orders:read', 'orders:writ'],
      ['orders:*'],
    ]) {
      expect(reasonOf(() => guard.check(toPrincipal({ scopes })))).toBe('ERR_SCOPE_INSUFFICIENT')
    }
  })

  it('puts all of them into the challenge, and into the detail', () => {
    const error = errorOf(() => requireScopes('a', 'b').check(toPrincipal({ scopes: ['a'] })))
    expect(error).toMatchObject({ status: 403, challenge: { scope: 'a b' }, detail: { wants: ['a', 'b'] } })
  })
})

describe('requireAnyScope', () => {
  it('demands one of the scopes', () => {
    const guard = requireAnyScope('a', 'b')
    expect(reasonOf(() => guard.check(toPrincipal({ scopes: ['b'] })))).toBe('accepted')
    expect(reasonOf(() => guard.check(toPrincipal({ scopes: ['c', 'A'] })))).toBe('ERR_SCOPE_INSUFFICIENT')
  })
})

describe.each([
  ['requireRoles', requireRoles, 'roles'],
  ['requirePermissions', requirePermissions, 'permissions'],
  ['requireGroups', requireGroups, 'groups'],
] as const)('%s', (_, create, member) => {
  it('demands every one of them, exactly, and answers 403 without naming a scope', () => {
    const guard = create('one', 'and two')
    expect(reasonOf(() => guard.check(toPrincipal({ [member]: ['and two', 'one'] })))).toBe('accepted')
    expect(reasonOf(() => guard.check(toPrincipal({ [member]: ['one'] })))).toBe('ERR_ACCESS_DENIED')
    expect(reasonOf(() => guard.check(toPrincipal({ [member]: ['One', 'and two'] })))).toBe('ERR_ACCESS_DENIED')
    expect(errorOf(() => guard.check(toPrincipal()))).toMatchObject({ status: 403, challenge: undefined })
  })

  it('looks at no other list', () => {
    const others = { scopes: ['one'], roles: ['one'], permissions: ['one'], groups: ['one'], [member]: [] }
    expect(reasonOf(() => create('one').check(toPrincipal(others)))).toBe('ERR_ACCESS_DENIED')
  })
})

describe('requireAnyRole', () => {
  it('demands one of the roles', () => {
    expect(reasonOf(() => requireAnyRole('a', 'b').check(toPrincipal({ roles: ['b'] })))).toBe('accepted')
    expect(reasonOf(() => requireAnyRole('a', 'b').check(toPrincipal({ roles: ['c'] })))).toBe('ERR_ACCESS_DENIED')
  })
})

describe('requireIssuer', () => {
  it('demands the canonical name, exactly', () => {
    const guard = requireIssuer('https://a.example', 'https://b.example')
    expect(reasonOf(() => guard.check(toPrincipal({ issuer: 'https://b.example' })))).toBe('accepted')
    for (const issuer of ['https://b.example/', 'https://B.example', 'https://c.example']) {
      expect(reasonOf(() => guard.check(toPrincipal({ issuer })))).toBe('ERR_ACCESS_DENIED')
    }
  })
})

describe('requireClaim', () => {
  const payload = JSON.parse(
    '{"plan":"gold","level":3,"beta":false,"tags":["x","y"],"org":{"id":"acme"},"https://a.example/r/s":{"t~u":1},"__proto__":{"plan":"evil"}}',
  ) as Readonly<Record<string, unknown>>
  const judge = (guard: Guard): string => reasonOf(() => guard.check(toPrincipal({ payload })))

  it('compares by type and value, arrays by what they hold', () => {
    expect(judge(requireClaim(['plan'], 'gold'))).toBe('accepted')
    expect(judge(requireClaim(['plan'], ['silver', 'gold']))).toBe('accepted')
    expect(judge(requireClaim(['level'], 3))).toBe('accepted')
    expect(judge(requireClaim(['beta'], false))).toBe('accepted')
    expect(judge(requireClaim(['tags'], 'y'))).toBe('accepted')
    expect(judge(requireClaim(['org', 'id'], 'acme'))).toBe('accepted')
    for (const [path, value] of [
      [['plan'], 'Gold'],
      [['level'], '3'],
      [['beta'], 'false'],
      [['tags'], 'x,y'],
      [['org'], '[object Object]'],
      [['org', 'name'], 'acme'],
      [['missing'], 'undefined'],
      [['plan', 'length'], 4],
    ] as const) {
      expect(judge(requireClaim(path, value))).toBe('ERR_ACCESS_DENIED')
    }
  })

  it('reads a JSON Pointer, and never takes a dotted string apart', () => {
    expect(judge(requireClaim('/org/id', 'acme'))).toBe('accepted')
    expect(judge(requireClaim('/https:~1~1a.example~1r~1s/t~0u', 1))).toBe('accepted')
    expect(() => requireClaim('org.id' as never, 'acme')).toThrow('write ["org", "id"] for a member')
  })

  it('follows own members alone', () => {
    expect(judge(requireClaim(['constructor', 'name'], 'Object'))).toBe('ERR_ACCESS_DENIED')
    expect(judge(requireClaim(['__proto__', 'plan'], 'evil'))).toBe('accepted')
    expect(judge(requireClaim(['org', '__proto__', 'plan'], 'evil'))).toBe('ERR_ACCESS_DENIED')
  })
})

describe('requireActor', () => {
  const first = { issuer: undefined, subject: 'service-1', clientId: 'client-9' }
  const judge = (guard: Guard, actor: object | undefined, actorHistory: readonly object[] = []): string =>
    reasonOf(() => guard.check(toPrincipal({ actor: actor as never, actorHistory: actorHistory as never })))

  it('demands the outermost actor: earlier ones never count', () => {
    const other = { issuer: undefined, subject: 'service-2', clientId: undefined }
    expect(judge(requireActor('service-1'), first)).toBe('accepted')
    expect(judge(requireActor('service-2', 'service-1'), first)).toBe('accepted')
    expect(judge(requireActor('service-1'), other, [first])).toBe('ERR_ACCESS_DENIED')
    expect(judge(requireActor('service-1'), undefined, [first])).toBe('ERR_ACCESS_DENIED')
  })

  it('demands every member that is given, and the issuer of the token where none is', () => {
    expect(judge(requireActor({ clientId: 'client-9' }), first)).toBe('accepted')
    expect(judge(requireActor({ clientId: 'client-9', subject: 'service-2' }), first)).toBe('ERR_ACCESS_DENIED')
    const foreign = { ...first, issuer: 'https://other.example' }
    expect(judge(requireActor('service-1'), foreign)).toBe('ERR_ACCESS_DENIED')
    expect(judge(requireActor({ subject: 'service-1', issuer: 'https://other.example' }), foreign)).toBe('accepted')
    expect(judge(requireActor({ subject: 'service-1', issuer: 'https://other.example' }), first)).toBe(
      'ERR_ACCESS_DENIED',
    )
  })
})

describe('requireAuthentication', () => {
  const NOW = 1_800_000_000
  const judge = (guard: Guard, description: Parameters<typeof toPrincipal>[0]): string =>
    reasonOf(() => guard.check(toPrincipal(description, NOW)))

  it('demands one of the classes, exactly; a token that does not say has none', () => {
    const guard = requireAuthentication({ acr: ['gold', 'silver'] })
    expect(judge(guard, { acr: 'silver' })).toBe('accepted')
    expect(judge(guard, { acr: 'Silver' })).toBe('ERR_STEP_UP_ACR')
    expect(judge(guard, { acr: 'gold silver' })).toBe('ERR_STEP_UP_ACR')
    expect(judge(guard, {})).toBe('ERR_STEP_UP_ACR')
  })

  it('demands an age that is known and small, by the clock of the verifier', () => {
    const guard = requireAuthentication({ maxAgeSeconds: 300 })
    expect(judge(guard, { authenticatedAtSeconds: NOW - 300 })).toBe('accepted')
    expect(judge(guard, { authenticatedAtSeconds: NOW - 300.001 })).toBe('ERR_STEP_UP_AGE')
    expect(judge(guard, {})).toBe('ERR_STEP_UP_AGE')
    expect(judge(guard, { authenticatedAtSeconds: NaN })).toBe('ERR_STEP_UP_AGE')
    expect(judge(guard, { authenticatedAtSeconds: NOW + 60 })).toBe('accepted')
    expect(judge(guard, { authenticatedAtSeconds: NOW + 60.001 })).toBe('ERR_STEP_UP_AGE')
  })

  it('demands both where both are given', () => {
    const guard = requireAuthentication({ acr: 'gold', maxAgeSeconds: 60 })
    expect(judge(guard, { acr: 'gold', authenticatedAtSeconds: NOW - 1 })).toBe('accepted')
    expect(judge(guard, { acr: 'gold', authenticatedAtSeconds: NOW - 61 })).toBe('ERR_STEP_UP_AGE')
    expect(judge(guard, { authenticatedAtSeconds: NOW - 1 })).toBe('ERR_STEP_UP_ACR')
  })
})

describe('requireAuthorizationDetails', () => {
  const judge = (guard: Guard, authorization_details: unknown): string =>
    reasonOf(() => guard.check(toPrincipal({ payload: { authorization_details } })))
  const guard = requireAuthorizationDetails({
    type: 'payment',
    actions: ['initiate'],
    locations: ['https://bank.example'],
  })
  const fitting = { type: 'payment', actions: ['initiate', 'cancel'], locations: ['https://bank.example'] }

  it('demands one entry that allows all of it by itself', () => {
    expect(judge(guard, [{ type: 'other' }, fitting])).toBe('accepted')
    expect(
      judge(guard, [
        { type: 'payment', actions: ['initiate'] },
        { type: 'payment', locations: ['https://bank.example'] },
      ]),
    ).toBe('ERR_ACCESS_DENIED')
    for (const change of [
      { type: 'Payment' },
      { actions: ['cancel'] },
      { actions: 'initiate' },
      { locations: undefined },
    ]) {
      expect(judge(guard, [{ ...fitting, ...change }])).toBe('ERR_ACCESS_DENIED')
    }
  })

  it.each([undefined, null, 'payment', {}, fitting, [], [null], ['payment'], [[fitting]]])(
    'denies details of %j',
    (details) => {
      expect(judge(guard, details)).toBe('ERR_ACCESS_DENIED')
    },
  )

  it('lets where decide, by true alone', () => {
    const where = (answer: unknown): Guard =>
      requireAuthorizationDetails({ type: 'payment', where: () => answer as boolean })
    expect(judge(where(true), [fitting])).toBe('accepted')
    for (const answer of [false, undefined, 1, 'true', {}]) {
      expect(judge(where(answer), [fitting])).toBe('ERR_ACCESS_DENIED')
    }
    expect(judge(where(Promise.resolve(true)), [fitting])).toBe('ERR_GUARD_FAILED')
    const failing = requireAuthorizationDetails({
      type: 'payment',
      where: () => {
        throw new TypeError('x')
      },
    })
    expect(judge(failing, [fitting])).toBe('ERR_GUARD_FAILED')
  })
})

describe('requireThat', () => {
  it('allows by true alone, awaited', async () => {
    const judge = (answer: unknown): Promise<string> =>
      reasonOfAsync(() => requireThat(() => answer as boolean).checkAsync(toPrincipal()))
    expect(await judge(true)).toBe('accepted')
    expect(await judge(Promise.resolve(true))).toBe('accepted')
    for (const answer of [false, undefined, null, 1, 'true', {}, [true], Promise.resolve(1), Promise.resolve(false)]) {
      expect(await judge(answer)).toBe('ERR_ACCESS_DENIED')
    }
  })

  it('sees the principal and the request', async () => {
    const principal = toPrincipal({ subject: 'me' })
    const seen: unknown[] = []
    await requireThat((...given) => seen.push(...given) > 0).checkAsync(principal, 'request')
    expect(seen).toEqual([principal, 'request'])
  })

  it('takes a predicate that throws or rejects for a failure, never for a denial', async () => {
    const thrown = requireThat(() => {
      throw new TypeError('secret')
    })
    const rejected = requireThat(() => Promise.reject(new Error('secret')))
    for (const guard of [thrown, rejected]) {
      const error = await errorOfAsync(() => guard.checkAsync(toPrincipal()))
      expect(error).toMatchObject({ reason: 'ERR_GUARD_FAILED', status: 500 })
      expect(error.message).not.toContain('secret')
    }
    const denied = requireThat(() => {
      throw new AuthorizationError('ERR_SCOPE_INSUFFICIENT')
    })
    expect(await reasonOfAsync(() => denied.checkAsync(toPrincipal()))).toBe('ERR_SCOPE_INSUFFICIENT')
  })

  it('answers nobody and look-alikes before it asks anybody', async () => {
    let asked = 0
    const guard = requireThat(() => ++asked > 0)
    expect(await reasonOfAsync(() => guard.checkAsync(undefined))).toBe('ERR_CREDENTIALS_MISSING')
    for (const value of LOOK_ALIKES) {
      expect(await reasonOfAsync(() => guard.checkAsync(value as never))).toBe('ERR_GUARD_FAILED')
    }
    expect(asked).toBe(0)
  })

  it('has no check, so that a forgotten await cannot pass for a yes', () => {
    expect('check' in requireThat(() => true)).toBe(false)
  })
})
