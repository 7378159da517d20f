import { describe, expect, it } from 'vitest'
import { toDraftVerdict } from '../../src/mapping/verdict.js'
import type { DraftVerdict } from '../../src/mapping/verdict.js'
import { createIssuerList } from '../../src/issuers/list.js'
import type { IssuerOptions } from '../../src/options/options.js'
import { resolveOptions } from '../../src/options/resolve.js'
import { AUDIENCE, claims, CLAIMS, ISSUER, toOptions, toParts, toVerified } from '../parts.js'
import { reasonOf } from '../refusals.js'

function draft(changes: Readonly<Record<string, unknown>> = {}, options: Partial<IssuerOptions> = {}): DraftVerdict {
  return toDraftVerdict(toVerified(claims(changes)), toParts(options).issuer)
}

/** The verdict on a token of `https://login.acme.example/acme`, an issuer that only a template lists. */
function draftTenant(
  changes: Readonly<Record<string, unknown>> = {},
  options: Partial<IssuerOptions> = {},
): DraftVerdict {
  const { rules, issuers } = resolveOptions(toOptions({ issuer: `${ISSUER}/{tid}`, ...options }))
  const found = createIssuerList(issuers, rules).find(`${ISSUER}/acme`)
  if (found === undefined) throw new Error('The template does not match')
  return toDraftVerdict(toVerified(claims({ tid: 'acme', ...changes })), found)
}

describe('toDraftVerdict', () => {
  it('says what a principal shows, field by field', () => {
    const cnf = { jkt: 'x' }
    const verdict = draft({
      scope: 'a b',
      roles: ['r'],
      auth_time: 1,
      acr: 'gold',
      amr: ['pwd'],
      act: { sub: 'x' },
      cnf,
    })
    expect(verdict).toMatchObject({
      issuer: ISSUER,
      subject: 'user-1',
      clientId: 'client-1',
      audience: [AUDIENCE],
      scopes: ['a', 'b'],
      roles: ['r'],
      permissions: [],
      groups: [],
      tenant: undefined,
      actor: { subject: 'x', issuer: undefined, clientId: undefined },
      actorHistory: [],
      authenticatedAtSeconds: 1,
      acr: 'gold',
      amr: ['pwd'],
      expiresAtSeconds: CLAIMS.exp,
      attributes: {},
      confirmation: cnf,
      header: { alg: 'ES256', typ: 'at+jwt', kid: 'k1' },
      cut: undefined,
    })
    expect(verdict.claims).toBe(verdict.payload)
    expect(Object.keys(verdict)).not.toContain('token')
  })

  it('names the issuer by its canonical name', () => {
    expect(draft({ iss: 'acme:old' }, { acceptedIssuers: ['acme:old'] }).issuer).toBe(ISSUER)
  })

  it('refuses a token without the required target, whatever else it says', () => {
    const mapping = { subject: { claim: ['oid'] } }
    expect(reasonOf(() => draft({ sub: undefined }))).toBe('ERR_TOKEN_CLAIM_MISSING')
    expect(draft({ oid: 'o' }, { mapping }).subject).toBe('o')
    for (const oid of [undefined, null, 1, ['o'], {}, ''])
      expect(reasonOf(() => draft({ oid }, { mapping }))).toBe('ERR_TOKEN_CLAIM_MISSING')
    expect(reasonOf(() => draft({}, { mapping: () => ({ roles: ['admin'] }) }))).toBe('ERR_TOKEN_CLAIM_MISSING')
  })

  it('takes an optional target of the wrong type for absent', () => {
    const mapping = { tenant: { claim: ['org'] } }
    expect(draft({ org: 'o' }, { mapping }).tenant).toBe('o')
    for (const org of [null, 1, ['o'], { id: 'o' }, '']) expect(draft({ org }, { mapping }).tenant).toBeUndefined()
  })

  it('applies the grants, the tenants among them', () => {
    const mapping = { tenant: { claim: ['org'] } }
    expect(draft({ roles: ['admin', 'user'] }, { grants: { roles: ['user'] } })).toMatchObject({
      roles: ['user'],
      cut: { scopes: 0, roles: 1, permissions: 0, groups: 0 },
    })
    expect(draft({ org: 'a' }, { mapping, grants: { tenants: ['a'] } }).tenant).toBe('a')
    for (const org of ['b', undefined, ['a']])
      expect(reasonOf(() => draft({ org }, { mapping, grants: { tenants: ['a'] } }))).toBe('ERR_TOKEN_TENANT')
  })

  it('bounds what a mapping function says just as well', () => {
    const mapping = (): object => ({ subject: 's', roles: ['root'], tenant: 'b' })
    expect(draft({}, { mapping, grants: { roles: ['user'] } }).roles).toEqual([])
    expect(reasonOf(() => draft({}, { mapping, grants: { tenants: ['a'] } }))).toBe('ERR_TOKEN_TENANT')
  })

  it('gives an issuer that is not listed no role, permission or group, and no tenant but the one its name matched', () => {
    const changes = { roles: ['admin'], permissions: ['p'], groups: ['g'], scope: 's', tenant: 'globex' }
    const mapping = (): object => ({ subject: 's', roles: ['admin'], tenant: 'globex', scopes: ['s'] })
    for (const options of [{}, { mapping }])
      expect(draftTenant(changes, options)).toMatchObject({
        issuer: `${ISSUER}/acme`,
        tenant: 'acme',
        roles: [],
        permissions: [],
        groups: [],
        scopes: ['s'],
      })
  })

  it('gives an issuer that is not listed what its grants name', () => {
    expect(draftTenant({ roles: ['admin', 'user'] }, { grants: { roles: ['user'], tenants: ['acme'] } }).roles).toEqual(
      ['user'],
    )
    expect(reasonOf(() => draftTenant({}, { grants: { tenants: ['globex'] } }))).toBe('ERR_TOKEN_TENANT')
  })

  it('is made of frozen parts', () => {
    const { audience, scopes, roles, amr, attributes, actor, payload } = draft({ act: { sub: 'a' }, amr: ['x'] })
    for (const part of [audience, scopes, roles, amr, attributes, actor, payload])
      expect(Object.isFrozen(part)).toBe(true)
  })

  it('lets no member name reach the prototype of anything', () => {
    const json = JSON.stringify(CLAIMS).replace(
      '{',
      '{"__proto__":{"roles":["admin"],"admin":true},"constructor":{"name":"x"},',
    )
    const verdict = toDraftVerdict(
      toVerified(json),
      toParts({ mapping: { attributes: { x: { claim: ['admin'] } } } }).issuer,
    )
    expect([verdict.roles, verdict.attributes]).toEqual([[], {}])
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined()
  })
})
