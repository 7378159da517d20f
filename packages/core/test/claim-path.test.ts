import { describe, expect, it } from 'vitest'
import { findPath, toClaimPath } from '../src/claim-path.js'

describe('toClaimPath', () => {
  it.each([
    [['a'], ['a']],
    [
      ['resource_access', 'my.client', 'roles'],
      ['resource_access', 'my.client', 'roles'],
    ],
    [[''], ['']],
    ['/a', ['a']],
    ['/a/b', ['a', 'b']],
    ['/', ['']],
    ['/a~1b/c~0d', ['a/b', 'c~d']],
    ['/~01', ['~1']],
    ['/https:~1~1acme.example~1roles', ['https://acme.example/roles']],
    ['/a//b', ['a', '', 'b']],
  ])('reads %j as %j', (path, steps) => {
    expect(toClaimPath('x', path)).toEqual(steps)
    expect(Object.isFrozen(toClaimPath('x', path))).toBe(true)
  })

  it.each([
    '',
    'a',
    'a.b',
    'a/b',
    '/a~',
    '/~2',
    '/a~/b',
    [],
    [1],
    ['a', null],
    ['a', undefined],
    null,
    undefined,
    {},
    1,
    true,
  ])('refuses %j', (path) => {
    expect(() => toClaimPath('requireClaim()', path)).toThrow(/^requireClaim\(\) wants a path/)
  })

  it.each([
    [
      'realm_access.roles',
      '["realm_access", "roles"] for a member inside another, ["realm_access.roles"] for a name with a dot in it',
    ],
    ['a.b.c', '["a", "b", "c"] for a member inside another, ["a.b.c"] for a name with a dot in it'],
    ['roles', '["roles"]'],
    ['.roles', '[".roles"]'],
    ['a..b', '["a..b"]'],
    ['https://acme.example/roles', '["https://acme.example/roles"]'],
    ['/a~', '["/a~"]'],
    [
      `${'a'.repeat(78)}.b`,
      `["${'a'.repeat(78)}", "b"] for a member inside another, ["${'a'.repeat(78)}.b"] for a name with a dot in it`,
    ],
    [`${'a'.repeat(79)}.b`, `["${'a'.repeat(79)}."]`],
  ])('shows for %j both that it may mean: members inside one another, and a name with dots', (path, advice) => {
    expect(() => toClaimPath('x', path)).toThrow(
      new TypeError(`x wants a path as a list of member names or a JSON Pointer: write ${advice}`),
    )
  })
})

describe('findPath', () => {
  const claims = JSON.parse('{"a":{"b":{"c":1}},"l":[{"x":1}],"t":"text","n":null,"__proto__":{"p":1}}') as Record<
    string,
    unknown
  >

  it.each([
    [['a'], { b: { c: 1 } }],
    [['a', 'b', 'c'], 1],
    [['n'], null],
    [['__proto__', 'p'], 1],
  ])('finds %j', (path, found) => {
    expect(findPath(claims, path)).toEqual(found)
  })

  it.each(
    [
      ['x'],
      ['a', 'x'],
      ['a', 'b', 'c', 'd'],
      ['l', '0'],
      ['l', 'length'],
      ['t', 'length'],
      ['t', '0'],
      ['n', 'x'],
      ['p'],
      ['toString'],
      ['a', 'constructor'],
    ].map((path) => ({ path })),
  )('finds nothing at $path', ({ path }) => {
    expect(findPath(claims, path)).toBeUndefined()
  })
})
