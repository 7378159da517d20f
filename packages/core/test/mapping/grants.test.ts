import { describe, expect, it } from 'vitest'
import { applyGrants, toGrantRules } from '../../src/mapping/grants.js'
import type { Granted } from '../../src/mapping/grants.js'
import type { Mapped } from '../../src/mapping/mapped.js'
import type { GrantsOptions } from '../../src/options/mapping-options.js'
import { reasonOf } from '../refusals.js'

const MAPPED: Mapped = {
  subject: 's',
  clientId: 'c',
  tenant: undefined,
  scopes: ['a', 'b', 'a'],
  roles: ['admin', 'user'],
  permissions: ['read'],
  groups: ['g1', 'g2', 'g3'],
  attributes: {},
}

function apply(grants: GrantsOptions | undefined, listed = true, tenant?: string): Granted {
  return applyGrants(MAPPED, toGrantRules(grants, listed), tenant)
}

const LISTS = ['scopes', 'roles', 'permissions', 'groups'] as const

describe('grants', () => {
  it('cut nothing where none are given', () => {
    expect(apply(undefined)).toEqual({ mapped: MAPPED, cut: undefined })
    expect(apply({})).toEqual({ mapped: MAPPED, cut: undefined })
    expect(apply({ scopes: undefined, tenants: undefined })).toEqual({ mapped: MAPPED, cut: undefined })
  })

  it('leave the intersection, and count what was cut', () => {
    expect(apply({ scopes: ['a', 'z'], groups: ['g2'] })).toEqual({
      mapped: { ...MAPPED, scopes: ['a', 'a'], groups: ['g2'] },
      cut: { scopes: 1, roles: 0, permissions: 0, groups: 2 },
    })
  })

  it('give nobody what the issuer did not say', () => {
    expect(apply({ roles: ['admin', 'user', 'root'] }).mapped.roles).toEqual(['admin', 'user'])
  })

  it('tell of no cut where all of it was granted', () => {
    expect(apply({ roles: ['user', 'admin'] })).toEqual({ mapped: MAPPED, cut: undefined })
  })

  it.each(LISTS)('that are empty for %s allow nothing, and leave the others alone', (name) => {
    const { mapped, cut } = apply({ [name]: [] })
    expect(mapped).toEqual({ ...MAPPED, [name]: [] })
    expect(cut).toEqual({ scopes: 0, roles: 0, permissions: 0, groups: 0, [name]: MAPPED[name].length })
  })

  it('compare exactly', () => {
    expect(apply({ roles: ['Admin', ' user', 'admi'] }).mapped.roles).toEqual([])
  })

  it('leave frozen lists and a frozen count', () => {
    const { mapped, cut } = apply({ scopes: ['a'] })
    expect(Object.isFrozen(mapped.scopes) && Object.isFrozen(cut)).toBe(true)
  })

  it('are a copy: what happens to the options later grants nothing', () => {
    const roles = ['user']
    const rules = toGrantRules({ roles }, true)
    roles.push('admin')
    expect(applyGrants(MAPPED, rules, undefined).mapped.roles).toEqual(['user'])
  })
})

describe('granted tenants', () => {
  it("refuse a token for another tenant, instead of making it nobody's", () => {
    expect(reasonOf(() => apply({ tenants: ['t1'] }, true, 't1'))).toBe('accepted')
    for (const tenant of ['t2', 'T1', ''])
      expect(reasonOf(() => apply({ tenants: ['t1'] }, true, tenant))).toBe('ERR_TOKEN_TENANT')
  })

  it('refuse a token for no tenant: leaving the claim out is no way around them', () => {
    expect(reasonOf(() => apply({ tenants: ['t1'] }))).toBe('ERR_TOKEN_TENANT')
  })

  it('that are none refuse every token', () => {
    expect(reasonOf(() => apply({ tenants: [] }, true, 't1'))).toBe('ERR_TOKEN_TENANT')
  })

  it('bind an issuer that is not listed too', () => {
    expect(reasonOf(() => apply({ tenants: ['t1'] }, false, 't2'))).toBe('ERR_TOKEN_TENANT')
  })
})

describe('an issuer that is not listed', () => {
  it('has no say over roles, groups and permissions without grants; scopes are its own', () => {
    const { mapped, cut } = apply(undefined, false)
    expect(mapped).toEqual({ ...MAPPED, roles: [], permissions: [], groups: [] })
    expect(cut).toEqual({ scopes: 0, roles: 2, permissions: 1, groups: 3 })
  })

  it('has just what it is granted', () => {
    const { mapped } = apply({ roles: ['user'], scopes: ['b'] }, false)
    expect(mapped).toEqual({ ...MAPPED, scopes: ['b'], roles: ['user'], permissions: [], groups: [] })
  })
})
