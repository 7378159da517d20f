import { describe, expect, it } from 'vitest'
import { compileSource } from '../../src/mapping/source.js'
import type { Source } from '../../src/options/mapping-options.js'

function read(source: Source, payload: Record<string, unknown>): Readonly<Record<string, unknown>> {
  const { text, list, value } = compileSource(source)
  return { text: text(payload), list: list(payload), value: value(payload) }
}

function readOf(claim: unknown, changes: object = {}): Readonly<Record<string, unknown>> {
  return read({ claim: ['c'], ...changes }, { c: claim })
}

const ABSENT = { text: undefined, list: undefined }

describe('a claim as it is', () => {
  it('is a text where it is a string, and then a list of one', () => {
    expect(readOf('a b')).toEqual({ text: 'a b', list: ['a b'], value: 'a b' })
  })

  it('is a list where it is an array of nothing but strings, and then no text', () => {
    expect(readOf(['a', 'b'])).toEqual({ text: undefined, list: ['a', 'b'], value: ['a', 'b'] })
    expect(readOf(['a'])).toMatchObject({ text: undefined })
    expect(readOf([])).toMatchObject({ list: [] })
  })

  it.each([null, 0, 1, true, false, {}, { a: 1 }, [1], ['a', 1], ['a', null], [['a']], ''].map((claim) => ({ claim })))(
    'is neither where it is $claim: nothing is coerced',
    ({ claim }) => {
      expect(readOf(claim)).toEqual({ ...ABSENT, value: claim })
    },
  )

  it('is found by its path from the outside in, and by a JSON Pointer', () => {
    const payload = { realm_access: { roles: ['a'] }, 'https://x.example/roles': ['b'], 'a/b~c': 'd' }
    expect(read({ claim: ['realm_access', 'roles'] }, payload)).toMatchObject({ list: ['a'] })
    expect(read({ claim: '/realm_access/roles' }, payload)).toMatchObject({ list: ['a'] })
    expect(read({ claim: ['https://x.example/roles'] }, payload)).toMatchObject({ list: ['b'] })
    expect(read({ claim: '/a~1b~0c' }, payload)).toMatchObject({ text: 'd' })
  })

  it.each(
    [['__proto__'], ['constructor'], ['constructor', 'name'], ['toString', 'name'], ['hasOwnProperty']].map(
      (claim) => ({ claim }),
    ),
  )('is not what every object inherits: $claim leads nowhere', ({ claim }) => {
    for (const take of ['value', 'names'] as const)
      expect(read({ claim, take }, { sub: 'x' })).toEqual({ ...ABSENT, value: undefined })
  })

  it('may be called __proto__ where the token really has such a member', () => {
    const payload = JSON.parse('{"__proto__":{"roles":["a"]}}') as Record<string, unknown>
    expect(read({ claim: ['__proto__', 'roles'] }, payload)).toMatchObject({ list: ['a'] })
    expect(read({ claim: ['roles'] }, payload)).toMatchObject(ABSENT)
  })

  it('is not looked for inside arrays and strings', () => {
    expect(read({ claim: ['c', '0'] }, { c: ['a'] })).toMatchObject(ABSENT)
    expect(read({ claim: ['c', 'length'] }, { c: 'abc' })).toMatchObject(ABSENT)
  })
})

describe('a separator', () => {
  it('splits a string into a list, without the empty parts', () => {
    expect(readOf('a,b', { separator: ',' })).toMatchObject({ list: ['a', 'b'], value: ['a', 'b'] })
    expect(readOf(',a,,b,', { separator: ',' })).toMatchObject({ list: ['a', 'b'] })
    expect(readOf('a, b', { separator: ',' })).toMatchObject({ list: ['a', ' b'] })
  })

  it('is text and no pattern', () => {
    expect(readOf('a.b|c', { separator: '.' })).toMatchObject({ list: ['a', 'b|c'] })
    expect(readOf('a||b|c', { separator: '||' })).toMatchObject({ list: ['a', 'b|c'] })
  })

  it('leaves an array as it is', () => {
    expect(readOf(['a b', 'c'], { separator: ' ' })).toMatchObject({ list: ['a b', 'c'] })
  })

  it('makes an empty list of an empty string: the claim is there', () => {
    expect(readOf('', { separator: ' ' })).toMatchObject({ list: [] })
  })
})

describe('a table', () => {
  const table = { adm: 'admin', ops: ['read', 'write'], none: [] }

  it('translates each value, one to many, and drops what is not in it', () => {
    expect(readOf(['adm', 'ops', 'x'], { table })).toMatchObject({ list: ['admin', 'read', 'write'] })
    expect(readOf(['x'], { table })).toMatchObject({ list: [] })
    expect(readOf('adm', { table })).toMatchObject({ text: 'admin', value: 'admin' })
  })

  it('makes no text of what it drops, or of what it makes several of', () => {
    for (const claim of ['x', 'ops', 'none']) expect(readOf(claim, { table })).toMatchObject({ text: undefined })
  })

  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])('holds no row %s', (claim) => {
    expect(readOf([claim], { table })).toMatchObject({ list: [] })
    expect(readOf(claim, { table })).toMatchObject({ text: undefined, value: undefined })
  })
})

describe('a prefix', () => {
  it('stands before each value, and after the table', () => {
    expect(readOf(['a', 'b'], { prefix: 'acme:' })).toMatchObject({ list: ['acme:a', 'acme:b'] })
    expect(readOf('a', { prefix: 'acme:' })).toMatchObject({ text: 'acme:a', value: 'acme:a' })
    expect(readOf(['a', 'x'], { prefix: 'p:', table: { a: ['1', '2'] } })).toMatchObject({ list: ['p:1', 'p:2'] })
    expect(readOf('a b', { prefix: 'p:', separator: ' ' })).toMatchObject({ list: ['p:a', 'p:b'] })
  })

  it('makes nothing of what is absent', () => {
    for (const claim of [undefined, null, 1, {}, '']) expect(readOf(claim, { prefix: 'p:' })).toMatchObject(ABSENT)
  })
})

describe('the member names of a claim', () => {
  it('are the list, whatever the members are', () => {
    expect(readOf({ admin: { '1': 'x' }, user: null }, { take: 'names' })).toEqual({
      text: undefined,
      list: ['admin', 'user'],
      value: ['admin', 'user'],
    })
    expect(readOf({}, { take: 'names' })).toMatchObject({ list: [] })
  })

  it.each([['a'], 'abc', 1, null, true].map((claim) => ({ claim })))(
    'are absent where the claim is $claim',
    ({ claim }) => {
      expect(readOf(claim, { take: 'names' })).toEqual({ ...ABSENT, value: undefined })
    },
  )

  it('are translated and prefixed like values', () => {
    const changes = { take: 'names', table: { adm: 'admin' }, prefix: 'p:' }
    expect(readOf({ adm: 1, x: 1 }, changes)).toMatchObject({ list: ['p:admin'] })
  })
})

describe('a constant', () => {
  it('is what the configuration says, whatever the token does', () => {
    expect(read({ constant: 'a' }, { constant: 'b' })).toEqual({ text: 'a', list: ['a'], value: 'a' })
    expect(read({ constant: ['a', 'b'] }, {})).toEqual({ text: undefined, list: ['a', 'b'], value: ['a', 'b'] })
  })

  it('is a copy that nobody changes', () => {
    const constant = ['a']
    const { list } = compileSource({ constant })
    constant.push('b')
    expect(list({})).toEqual(['a'])
    expect(Object.isFrozen(list({}))).toBe(true)
  })
})

it('gives lists that are frozen, of ten thousand entries too', () => {
  const many = Array.from({ length: 10_000 }, (_, index) => `g${index}`)
  for (const changes of [{ prefix: 'p:' }, { separator: ' ' }, { take: 'names' }] as const) {
    const claim =
      'separator' in changes
        ? many.join(' ')
        : 'take' in changes
          ? Object.fromEntries(many.map((name) => [name, 1]))
          : many
    const list = compileSource({ claim: ['c'], ...changes }).list({ c: claim })
    expect(list).toHaveLength(10_000)
    expect(Object.isFrozen(list)).toBe(true)
  }
})
