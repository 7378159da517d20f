import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { compileMapping } from '../../src/mapping/compile.js'
import type { Mapped } from '../../src/mapping/mapped.js'
import type { MappedFields, MappingTargets } from '../../src/options/mapping-options.js'
import { errorOf, reasonOf } from '../refusals.js'

function map(mapping: MappingTargets | undefined, payload: Record<string, unknown>): Mapped {
  return compileMapping(mapping)(payload)
}

/** A mapping function as JavaScript may write it. */
function mapBy(result: () => unknown): () => Mapped {
  return () => compileMapping(result as () => MappedFields)({ sub: 'user-1' })
}

describe('without a mapping', () => {
  it('reads the standard claims', () => {
    const payload = { sub: 's', azp: 'c', scp: 'a b', roles: ['r'], permissions: ['p'], groups: ['g'], tenant: 't' }
    expect(map(undefined, payload)).toEqual({
      subject: 's',
      clientId: 'c',
      tenant: undefined,
      scopes: ['a', 'b'],
      roles: ['r'],
      permissions: ['p'],
      groups: ['g'],
      attributes: {},
    })
  })

  it('finds nothing in an empty payload', () => {
    const nothing = { subject: undefined, clientId: undefined, tenant: undefined, attributes: {} }
    expect(map(undefined, {})).toEqual({ ...nothing, scopes: [], roles: [], permissions: [], groups: [] })
  })
})

describe('targets', () => {
  it('replace the standard claim of their field, and of no other', () => {
    const mapped = map({ roles: { claim: ['r'] } }, { sub: 's', roles: ['admin'], r: ['user'], groups: ['g'] })
    expect(mapped).toMatchObject({ subject: 's', roles: ['user'], groups: ['g'] })
    expect(map({ roles: { claim: ['r'] } }, { roles: ['admin'] }).roles).toEqual([])
  })

  it('that are undefined count as left out', () => {
    expect(map({ roles: undefined, subject: undefined }, { sub: 's', roles: ['a'] })).toMatchObject({
      subject: 's',
      roles: ['a'],
    })
  })

  it('take the first source that is present, in their order', () => {
    const subject = [{ claim: ['oid'] }, { claim: ['uid'] }, { constant: 'nobody' }]
    expect(map({ subject }, { uid: 'u', oid: 'o' }).subject).toBe('o')
    expect(map({ subject }, { uid: 'u', oid: 1 }).subject).toBe('u')
    expect(map({ subject }, { uid: '', oid: ['o'] }).subject).toBe('nobody')
  })

  it('take an empty list for present: an issuer that says "no roles" is not asked elsewhere', () => {
    const roles = [{ claim: ['a'] }, { claim: ['b'] }]
    expect(map({ roles }, { a: [], b: ['admin'] }).roles).toEqual([])
    expect(map({ roles }, { a: [1], b: ['admin'] }).roles).toEqual(['admin'])
    expect(
      map({ roles: [{ claim: ['a'], table: { x: 'y' } }, { claim: ['b'] }] }, { a: ['z'], b: ['admin'] }).roles,
    ).toEqual([])
  })

  it('with all take together what every source gives, each value once, in order', () => {
    const roles = { all: [{ claim: ['a'] }, { claim: ['b'], prefix: 'b:' }, { constant: ['x'] }] }
    expect(map({ roles }, { a: ['1', '2', 'x'], b: ['1'] }).roles).toEqual(['1', '2', 'x', 'b:1'])
    expect(map({ roles }, { a: { admin: true }, b: [1] }).roles).toEqual(['x'])
  })

  it('give nothing where the list of sources finds nothing', () => {
    expect(map({ tenant: [{ claim: ['a'] }, { claim: ['b'] }] }, {}).tenant).toBeUndefined()
    expect(map({ groups: [{ claim: ['a'] }, { claim: ['b'] }] }, {}).groups).toEqual([])
  })

  it('never make one text of a list', () => {
    expect(map({ tenant: { claim: ['t'] } }, { t: ['a'] }).tenant).toBeUndefined()
    expect(map({ tenant: { constant: ['a'] } }, {}).tenant).toBeUndefined()
  })

  it('give frozen lists', () => {
    const mapped = map(
      { roles: { all: [{ claim: ['a'] }] }, groups: { claim: ['b'], separator: ' ' } },
      { a: ['1'], b: '2' },
    )
    for (const list of [mapped.roles, mapped.groups, mapped.scopes]) expect(Object.isFrozen(list)).toBe(true)
  })

  it('are compiled once: what happens to the options later changes nothing', () => {
    const table: Record<string, string> = { a: 'user' }
    const compiled = compileMapping({ roles: { claim: ['r'], table } })
    table['a'] = 'admin'
    expect(compiled({ r: ['a'] }).roles).toEqual(['user'])
  })
})

describe('attributes', () => {
  it('take a bare claim as it is, whatever its type', () => {
    for (const value of ['a', 1, true, null, ['a', 1], { a: 1 }])
      expect(map({ attributes: { x: { claim: ['c'] } } }, { c: value }).attributes).toEqual({ x: value })
  })

  it('take false, zero and null for present', () => {
    const attributes = { x: [{ claim: ['a'] }, { claim: ['b'] }] }
    for (const a of [false, 0, null, '']) expect(map({ attributes }, { a, b: 'b' }).attributes).toEqual({ x: a })
    expect(map({ attributes }, { b: 'b' }).attributes).toEqual({ x: 'b' })
  })

  it('are left out where their claim is', () => {
    expect(map({ attributes: { x: { claim: ['c'] }, y: { constant: 'k' } } }, {}).attributes).toEqual({ y: 'k' })
  })

  it('translate like every other target where the source says how', () => {
    const attributes = {
      plan: { claim: ['p'], table: { '1': 'gold' } },
      tags: { claim: ['t'], separator: ',' },
      names: { claim: ['o'], take: 'names' as const },
    }
    expect(map({ attributes }, { p: '1', t: 'a,b', o: { x: 1 } }).attributes).toEqual({
      plan: 'gold',
      tags: ['a', 'b'],
      names: ['x'],
    })
    expect(map({ attributes }, { p: 1, t: 1, o: [] }).attributes).toEqual({})
  })

  it('are frozen, and a name of theirs never reaches the prototype', () => {
    const hostile = JSON.parse('{"__proto__":{"claim":["c"]}}') as MappingTargets['attributes']
    const { attributes } = map({ attributes: hostile }, { c: { admin: true } })
    expect(Object.isFrozen(attributes)).toBe(true)
    expect(Object.getPrototypeOf(attributes)).toBe(Object.prototype)
    expect(attributes['admin']).toBeUndefined()
  })
})

describe('a mapping function', () => {
  it('gives the whole principal: what it leaves out is absent, standard claims too', () => {
    const compiled = compileMapping(({ uid }) => ({ subject: uid as string, roles: ['a'], attributes: { x: 1 } }))
    expect(compiled({ sub: 's', uid: 'u', scope: 'a b', groups: ['g'] })).toEqual({
      subject: 'u',
      clientId: undefined,
      tenant: undefined,
      scopes: [],
      roles: ['a'],
      permissions: [],
      groups: [],
      attributes: { x: 1 },
    })
  })

  it('keeps its lists and attributes to itself: what the principal shows is a frozen copy', () => {
    const roles = ['a']
    const attributes = { x: 1 }
    const mapped = compileMapping(() => ({ subject: 's', roles, attributes }))({})
    roles.push('admin')
    attributes.x = 2
    expect([mapped.roles, mapped.attributes]).toEqual([['a'], { x: 1 }])
    expect(Object.isFrozen(mapped.roles) && Object.isFrozen(mapped.attributes)).toBe(true)
  })

  it('that throws refuses the token, and the message stays inside', () => {
    const error = errorOf(
      mapBy(() => {
        throw new TypeError('secret')
      }),
    )
    expect(error).toMatchObject({ reason: 'ERR_TOKEN_MAPPING', status: 401, cause: { name: 'TypeError' } })
    expect(JSON.stringify([error, error.message, error.detail, error.cause])).not.toContain('secret')
  })

  it('that throws one of our own errors still only refuses the token', () => {
    expect(
      reasonOf(
        mapBy(() => {
          throw errorOf(mapBy(() => null))
        }),
      ),
    ).toBe('ERR_TOKEN_MAPPING')
  })

  it.each(['subject', 'clientId', 'tenant'])('that returns anything but text as %s refuses the token', (target) => {
    for (const value of [null, 1, true, {}, ['a'], '', new String('a')]) {
      const error = errorOf(mapBy(() => ({ subject: 's', [target]: value })))
      expect([error.reason, error.detail]).toEqual(['ERR_TOKEN_MAPPING', { target }])
    }
  })

  it.each(['scopes', 'roles', 'permissions', 'groups'])(
    'that returns anything but a list of strings as %s refuses the token',
    (target) => {
      for (const value of [null, 'admin', 1, true, {}, ['a', 1], [['a']], new Set(['a']), { length: 1, 0: 'a' }]) {
        const error = errorOf(mapBy(() => ({ subject: 's', [target]: value })))
        expect([error.reason, error.detail]).toEqual(['ERR_TOKEN_MAPPING', { target }])
      }
    },
  )

  it('that returns anything but an object as attributes refuses the token', () => {
    for (const attributes of [null, 'admin', 1, true, ['a']])
      expect(reasonOf(mapBy(() => ({ subject: 's', attributes })))).toBe('ERR_TOKEN_MAPPING')
  })

  it('that returns no object refuses the token', () => {
    for (const result of [undefined, null, 'user-1', 1, true, ['user-1']])
      expect(reasonOf(mapBy(() => result))).toBe('ERR_TOKEN_MAPPING')
  })

  it('that is asynchronous refuses the token, and its rejection ends no process', async () => {
    const unhandled: unknown[] = []
    const listener = (reason: unknown): void => void unhandled.push(reason)
    process.on('unhandledRejection', listener)
    try {
      expect(reasonOf(mapBy(async () => ({ subject: 's' })))).toBe('ERR_TOKEN_MAPPING')
      expect(reasonOf(mapBy(() => Promise.reject(new Error('late'))))).toBe('ERR_TOKEN_MAPPING')
      await delay(5)
    } finally {
      process.off('unhandledRejection', listener)
    }
    expect(unhandled).toEqual([])
  })

  it('whose result throws when it is read refuses the token', () => {
    const trap = (): never => {
      throw new Error('trap')
    }
    expect(reasonOf(mapBy(() => Object.defineProperty({}, 'subject', { get: trap })))).toBe('ERR_TOKEN_MAPPING')
    const attributes = Object.defineProperty({}, 'x', { get: trap, enumerable: true })
    expect(reasonOf(mapBy(() => ({ subject: 's', attributes })))).toBe('ERR_TOKEN_MAPPING')
  })
})
