import { describe, expect, it } from 'vitest'
import { findProvenance } from '../../src/mapping/provenance.js'
import type { MappingOptions } from '../../src/options/mapping-options.js'

function find(mapping: MappingOptions | undefined, payload: Record<string, unknown>): object {
  return findProvenance({ mapping, listed: true, tenant: undefined }, payload)
}

describe('findProvenance', () => {
  it('names the standard claim that gave each field, as a JSON Pointer, and leaves out what nothing gave', () => {
    expect(find(undefined, { sub: 's', cid: 'c', scp: 'a', groups: ['g'], roles: 1 })).toEqual({
      subject: '/sub',
      clientId: '/cid',
      scopes: '/scp',
      groups: '/groups',
    })
  })

  it('names the claim of the mapping, escaped, and attributes by their name', () => {
    const mapping = {
      subject: { claim: ['a/b~c', 'd'] },
      roles: { claim: ['realm_access', 'roles'] },
      attributes: { plan: { claim: ['p'] }, none: { claim: ['q'] } },
    }
    expect(find(mapping, { 'a/b~c': { d: 's' }, realm_access: { roles: ['r'] }, p: 1 })).toEqual({
      subject: '/a~1b~0c/d',
      roles: '/realm_access/roles',
      'attributes.plan': '/p',
    })
  })

  it('says "configuration" of a constant', () => {
    expect(find({ tenant: { constant: 't' } }, { sub: 's' })).toEqual({ subject: '/sub', tenant: 'configuration' })
  })

  it('names every source of a list that has all of them', () => {
    const roles = { all: [{ claim: ['a'] }, { claim: ['b'] }, { constant: 'x' }] }
    expect(find({ roles }, { a: ['1'] })).toEqual({ roles: ['/a', 'configuration'] })
    expect(find({ roles: { all: [{ claim: ['a'] }] } }, {})).toEqual({})
  })

  it('passes over a source as the mapping does: what is of the wrong type gave nothing', () => {
    const subject = [{ claim: ['oid'] }, { claim: ['uid'] }]
    for (const oid of [1, ['o'], '', null, { a: 1 }])
      expect(find({ subject }, { oid, uid: 'u' })).toEqual({ subject: '/uid' })
    const roles = [{ claim: ['a'] }, { claim: ['b'] }]
    for (const a of [1, { admin: true }, ['x', 1], null])
      expect(find({ roles }, { a, b: ['r'] })).toEqual({ roles: '/b' })
    expect(find({ roles }, { a: [], b: ['r'] })).toEqual({ roles: '/a' })
  })

  it('takes a target that is undefined for one that is left out', () => {
    expect(find({ subject: undefined }, { sub: 's' })).toEqual({ subject: '/sub' })
  })

  it('cannot look into a mapping function', () => {
    expect(find(() => ({ subject: 's' }), { sub: 's' })).toEqual({ '*': 'mapping function' })
  })

  it('says where the tenant of an issuer that is not listed is from: its entry, or the name that was matched', () => {
    const payload = { sub: 's', tid: 't' }
    const unlisted = { listed: false, tenant: 't' }
    expect(findProvenance({ ...unlisted, mapping: undefined }, payload)).toEqual({ subject: '/sub', tenant: '/iss' })
    const mapping = { tenant: { constant: 't' } }
    expect(findProvenance({ ...unlisted, mapping }, payload)).toEqual({ subject: '/sub', tenant: 'configuration' })
    expect(findProvenance({ ...unlisted, mapping: () => ({ tenant: 'x' }) }, payload)).toEqual({
      '*': 'mapping function',
      tenant: '/iss',
    })
    expect(findProvenance({ listed: false, tenant: undefined, mapping: undefined }, payload)).toEqual({
      subject: '/sub',
    })
  })

  it('never quotes a value', () => {
    const payload = { sub: 'SECRET', scope: 'SECRET', roles: ['SECRET'], groups: { SECRET: 1 } }
    expect(JSON.stringify(find({ groups: { claim: ['groups'], take: 'names' } }, payload))).not.toContain('SECRET')
  })
})
