import { describe, expect, it } from 'vitest'
import { createVerifier } from '../../src/create-verifier.js'
import type { Principal } from '../../src/principal.js'
import { claims, toOptions, toSigned } from '../parts.js'
import { reasonOfAsync } from '../refusals.js'

const verifier = createVerifier(toOptions())

function verifyClaims(changes: Readonly<Record<string, unknown>>): Promise<Principal<unknown>> {
  return verifier.verify(toSigned(claims(changes)))
}

function reason(changes: Readonly<Record<string, unknown>>): Promise<string> {
  return reasonOfAsync(() => verifyClaims(changes))
}

describe('the subject', () => {
  it('is sub, and nothing stands in for it', async () => {
    expect((await verifyClaims({ sub: 'user-1' })).subject).toBe('user-1')
    expect(await reason({ sub: undefined })).toBe('ERR_TOKEN_CLAIM_MISSING')
  })

  it.each([null, 1, true, {}, [], ['user-1'], ''].map((sub) => ({ sub })))('is refused as $sub', async ({ sub }) => {
    expect(await reason({ sub })).not.toBe('accepted')
  })
})

describe('the client', () => {
  it('is client_id, then azp, cid and appid', async () => {
    const clientOf = async (changes: Readonly<Record<string, unknown>>): Promise<string | undefined> =>
      (await verifyClaims({ client_id: undefined, ...changes })).clientId
    expect(await clientOf({ client_id: 'a', azp: 'b', cid: 'c', appid: 'd' })).toBe('a')
    expect(await clientOf({ azp: 'b', cid: 'c', appid: 'd' })).toBe('b')
    expect(await clientOf({ cid: 'c', appid: 'd' })).toBe('c')
    expect(await clientOf({ appid: 'd' })).toBe('d')
    expect(await clientOf({})).toBeUndefined()
  })

  it('of the wrong type is a refusal, never an absence', async () => {
    for (const value of [null, 1, {}, ['a'], '']) {
      expect(await reason({ client_id: value })).toBe('ERR_TOKEN_CLAIM_TYPE')
      expect(await reason({ azp: value })).toBe('ERR_TOKEN_CLAIM_TYPE')
    }
  })
})

describe('the scopes', () => {
  const scopesOf = async (changes: Readonly<Record<string, unknown>>): Promise<readonly string[]> =>
    (await verifyClaims(changes)).scopes

  it('are scope or scp: a list by spaces, or an array', async () => {
    expect(await scopesOf({ scope: 'a b' })).toEqual(['a', 'b'])
    expect(await scopesOf({ scope: ' a  b ' })).toEqual(['a', 'b'])
    expect(await scopesOf({ scope: ['a', 'b'] })).toEqual(['a', 'b'])
    expect(await scopesOf({ scp: 'a b' })).toEqual(['a', 'b'])
    expect(await scopesOf({ scp: ['a', 'b'] })).toEqual(['a', 'b'])
    expect(await scopesOf({ scope: 'a', scp: ['b'] })).toEqual(['a'])
    expect(await scopesOf({})).toEqual([])
    expect(await scopesOf({ scope: '' })).toEqual([])
  })

  it('are never a list by commas, and keep their case', async () => {
    expect(await scopesOf({ scope: 'a,b' })).toEqual(['a,b'])
    expect(await scopesOf({ scope: 'A\tb' })).toEqual(['A\tb'])
  })

  it('of the wrong type are a refusal', async () => {
    for (const scope of [null, 1, true, {}, ['a', 1], [['a']]])
      expect(await reason({ scope })).toBe('ERR_TOKEN_CLAIM_TYPE')
  })
})

describe('roles, permissions and groups', () => {
  it.each(['roles', 'permissions', 'groups'] as const)(
    '%s are an array of strings; of any other type they are absent',
    async (name) => {
      expect((await verifyClaims({ [name]: ['a', 'b'] }))[name]).toEqual(['a', 'b'])
      for (const value of [null, 1, {}, ['a', 1], { admin: true }])
        expect((await verifyClaims({ [name]: value }))[name]).toEqual([])
    },
  )

  it('come from nowhere else', async () => {
    const principal = await verifyClaims({ role: 'admin', realm_access: { roles: ['admin'] }, 'cognito:groups': ['g'] })
    expect([principal.roles, principal.groups]).toEqual([[], []])
  })
})

describe('the actor', () => {
  it('is the outermost act; those before it are history, the latest first', async () => {
    const act = { sub: 's1', client_id: 'c1', act: { sub: 's2', iss: 'https://other.example', act: { sub: 's3' } } }
    const principal = await verifyClaims({ act })
    expect(principal.actor).toEqual({ subject: 's1', clientId: 'c1', issuer: undefined })
    expect(principal.actorHistory.map(({ subject, issuer }) => [subject, issuer])).toEqual([
      ['s2', 'https://other.example'],
      ['s3', undefined],
    ])
  })

  it.each(
    [
      null,
      's1',
      1,
      [],
      [{ sub: 's1' }],
      { sub: 1 },
      { sub: '' },
      { iss: [] },
      { sub: 's', act: 's2' },
      { sub: 's', act: null },
    ].map((act) => ({ act })),
  )('is refused as $act', async ({ act }) => {
    expect(await reason({ act })).toBe('ERR_TOKEN_CLAIM_TYPE')
  })

  it('never comes from may_act, which is a permission to become one', async () => {
    expect((await verifyClaims({ may_act: { sub: 's1' } })).actor).toBeUndefined()
  })
})

describe('the authentication', () => {
  it.each([
    ['auth_time', ['1', null, true, {}]],
    ['acr', [1, null, [], '', {}]],
    ['amr', [1, null, {}, ['pwd', 1]]],
  ] as const)('of a wrong type in %s is a refusal', async (claim, values) => {
    for (const value of values) expect(await reason({ [claim]: value })).toBe('ERR_TOKEN_CLAIM_TYPE')
  })
})
