import { describe, expect, it } from 'vitest'
import { requireActor } from '../../src/guards/actor.js'
import { requireAuthentication } from '../../src/guards/authentication.js'
import { requireAuthorizationDetails } from '../../src/guards/authorization-details.js'
import { requireClaim } from '../../src/guards/claim.js'
import { allOf, anyOf } from '../../src/guards/compose.js'
import {
  requireAnyRole,
  requireGroups,
  requireIssuer,
  requirePermissions,
  requireRoles,
} from '../../src/guards/names.js'
import { requireAnyScope, requireScopes } from '../../src/guards/scopes.js'
import { requireThat } from '../../src/guards/that.js'

type Create = (...given: readonly unknown[]) => unknown

const SCOPE_GUARDS: Readonly<Record<string, Create>> = { requireScopes, requireAnyScope } as never
const NAME_GUARDS: Readonly<Record<string, Create>> = {
  requireRoles,
  requireAnyRole,
  requirePermissions,
  requireGroups,
  requireIssuer,
} as never

const NO_STRINGS = [undefined, null, 0, true, {}, ['a'], Symbol('a'), () => 'a', new String('a')]

describe.each(Object.entries({ ...SCOPE_GUARDS, ...NAME_GUARDS }))('%s throws at construction', (name, create) => {
  it('without arguments, because it would let everyone in', () => {
    expect(() => create()).toThrow(
      new TypeError(`${name}() wants at least one argument: without any it would let everyone in`),
    )
  })

  it.each(NO_STRINGS)('for %o, alone and after a good one', (value) => {
    expect(() => create(value)).toThrow(TypeError)
    expect(() => create('good', value)).toThrow(`${name}() wants strings`)
  })

  it('for an empty string', () => {
    expect(() => create('')).toThrow(TypeError)
    expect(() => create('good', '')).toThrow(TypeError)
  })

  it('and does not see what happens to a list afterwards', () => {
    const names = ['a', 'b']
    const guard = create(...names)
    names.length = 0
    expect(guard).toBeDefined()
  })
})

describe.each(Object.entries(SCOPE_GUARDS))('%s throws at construction', (name, create) => {
  it.each(['a b', ' a', 'a ', 'a\tb', 'a"b', 'a\\b', 'é', 'a\nb', 'a\0', '🔑'])('for the scope %j', (scope) => {
    expect(() => create(scope)).toThrow(`${name}() wants scopes without spaces, quotes or backslashes`)
  })

  it('but takes every character that a scope may have', () => {
    expect(() => create("!#$%&'()*+,-./09:;<=>?@AZ[]^_`az{|}~")).not.toThrow()
  })
})

describe.each(Object.entries({ allOf, anyOf } as unknown as Readonly<Record<string, Create>>))(
  '%s throws at construction',
  (name, create) => {
    it('without guards', () => {
      expect(() => create()).toThrow(
        new TypeError(`${name}() wants at least one guard: without any it would let everyone in`),
      )
    })

    it.each([
      undefined,
      null,
      'orders:read',
      {},
      [],
      requireScopes,
      () => true,
      { check: true },
      { checkAsync: 'x' },
      [requireScopes('a')],
    ])('for %o, which is no guard', (value) => {
      expect(() => create(value)).toThrow(`${name}() wants guards`)
      expect(() => create(requireScopes('a'), value)).toThrow(TypeError)
    })
  },
)

describe('requireClaim throws at construction', () => {
  it.each(['', 'a', 'a.b', 'org.id', '/a~2', '/~', [], [1], [''].concat([1 as never]), undefined, null, {}, 1])(
    'for the path %j',
    (path) => {
      expect(() => requireClaim(path as never, 'x')).toThrow(TypeError)
    },
  )

  it.each([undefined, null, {}, [], [undefined], [['x']], Symbol('x'), 1n, () => 'x'])('for the value %o', (value) => {
    expect(() => requireClaim(['a'], value as never)).toThrow(TypeError)
  })
})

describe('requireActor throws at construction', () => {
  it.each([
    undefined,
    null,
    '',
    1,
    [],
    {},
    { issuer: 'https://a.example' },
    { subject: '' },
    { subject: 1 },
    { sub: 'x' },
    { subject: 'x', client: 'y' },
  ])('for %j', (actor) => {
    expect(() => requireActor(actor as never)).toThrow(TypeError)
  })

  it('without an actor', () => {
    expect(() => requireActor()).toThrow('requireActor() wants at least one actor')
  })
})

describe('requireAuthentication throws at construction', () => {
  it.each([
    undefined,
    null,
    {},
    [],
    'gold',
    { acr: undefined },
    { acr: [] },
    { acr: '' },
    { acr: 'a b' },
    { acr: 1 },
    { acr: ['a', 1] },
  ])('for %j', (requirement) => {
    expect(() => requireAuthentication(requirement as never)).toThrow(TypeError)
  })

  it.each([-1, 0.5, NaN, Infinity, '300', null, {}])('for a maxAgeSeconds of %j', (maxAgeSeconds) => {
    expect(() => requireAuthentication({ maxAgeSeconds: maxAgeSeconds as number })).toThrow(TypeError)
  })

  it('for a misspelt member, because a misspelt condition is none', () => {
    expect(() => requireAuthentication({ acr: 'gold', maxAge: 300 } as never)).toThrow('does not know "maxAge"')
  })
})

describe('requireAuthorizationDetails throws at construction', () => {
  it.each([
    undefined,
    {},
    { type: '' },
    { type: 1 },
    { type: 'x', actions: [] },
    { type: 'x', actions: 'read' },
    { type: 'x', locations: [1] },
    { type: 'x', where: true },
    { type: 'x', action: ['read'] },
  ])('for %j', (requirement) => {
    expect(() => requireAuthorizationDetails(requirement as never)).toThrow(TypeError)
  })
})

describe('requireThat throws at construction', () => {
  it.each([undefined, null, true, {}, 'x', Promise.resolve(true)])('for %o', (predicate) => {
    expect(() => requireThat(predicate as never)).toThrow('requireThat() wants a function')
  })
})
