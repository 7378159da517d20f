import { requireScopes } from '@countersign/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { AUDIENCE, createParty, ISSUER, reasonOf } from './party.js'
import type { Party } from './party.js'

const PROFILE = { tokenProfile: 'rfc9068' } as const

let party: Party

beforeAll(async () => {
  party = await createParty()
})

describe('RFC 9068', () => {
  it('C1 takes typ at+jwt and application/at+jwt, in any case', async () => {
    for (const typ of ['at+jwt', 'application/at+jwt', 'AT+JWT', 'Application/AT+JWT']) {
      expect(await party.reason(await party.issuer.token({}, { typ }), PROFILE)).toBe('accepted')
    }
  })

  it('C1 refuses every other typ, and a token without one', async () => {
    for (const typ of [
      null,
      'JWT',
      'jwt',
      'at',
      'at-jwt',
      'at+jwt;x=1',
      'application/jwt',
      'id+jwt',
      'dpop+jwt',
      '',
      ' at+jwt',
    ]) {
      expect(await party.reason(await party.issuer.token({}, { typ }), PROFILE)).toBe('ERR_TOKEN_TYPE')
    }
    expect(await party.reason(await party.issuer.token({}, { header: { typ: ['at+jwt'] } }), PROFILE)).toBe(
      'ERR_TOKEN_HEADER',
    )
  })

  it.each(['sub', 'client_id', 'iat', 'jti', 'exp', 'aud'])('C7 demands %s', async (claim) => {
    expect(await party.reason(await party.issuer.token({ [claim]: undefined }), PROFILE)).toBe(
      'ERR_TOKEN_CLAIM_MISSING',
    )
  })

  it('C7 demands iss', async () => {
    expect(await party.reason(await party.issuer.token({ iss: undefined }), PROFILE)).toBe('ERR_TOKEN_ISSUER')
  })

  it.each(['sub', 'client_id', 'jti'])('C8 refuses %s of a wrong type', async (claim) => {
    for (const value of [null, 1, true, [], {}, '']) {
      expect(await party.reason(await party.issuer.token({ [claim]: value }), PROFILE)).toBe('ERR_TOKEN_CLAIM_TYPE')
    }
  })

  it('C9 identifies by iss and sub together: one subject of two issuers is two principals', async () => {
    const other = await createParty()
    const verifier = party.verifier(
      {},
      {
        issuers: [
          { issuer: ISSUER, keys: { jwks: party.issuer.jwks } },
          { issuer: 'https://id.globex.example', keys: { jwks: other.issuer.jwks } },
        ],
      },
    )
    const one = await verifier.verify(await party.issuer.token({ sub: 'alice', client_id: 'alice' }))
    const two = await verifier.verify(await other.issuer.token({ iss: 'https://id.globex.example', sub: 'alice' }))
    expect([one.subject, two.subject]).toEqual(['alice', 'alice'])
    expect([one.issuer, two.issuer]).toEqual([ISSUER, 'https://id.globex.example'])
    expect([one.clientId, JSON.stringify(one) === JSON.stringify(two)]).toEqual(['alice', false])
  })

  it('C10 compares scopes whole and case-sensitively, and never takes a list by commas apart', async () => {
    const judge = async (scope: unknown): Promise<string> => {
      const principal = await party.verifier().verify(await party.issuer.token({ scope }))
      return reasonOf((async () => requireScopes('orders:read').check(principal))())
    }
    for (const scope of ['orders:read', 'openid orders:read x', ['x', 'orders:read']])
      expect(await judge(scope)).toBe('accepted')
    for (const scope of [
      undefined,
      '',
      'Orders:Read',
      'orders:readx',
      'xorders:read',
      'x,orders:read',
      'orders:read,x',
      'orders:*',
      'orders',
      ['orders:read x'],
      'orders:read\tx',
    ]) {
      expect(await judge(scope)).toBe('ERR_SCOPE_INSUFFICIENT')
    }
  })

  it('§4 reads the claims only once the signature holds', async () => {
    const token = await party.issuer.token({ aud: 'https://other.example' }, { expiresInSeconds: -60 })
    expect(await party.reason(`${token.slice(0, -4)}AAAA`, PROFILE)).toBe('ERR_TOKEN_SIGNATURE')
  })

  it('§4 takes a token with several audiences, one of which is ours', async () => {
    expect(await party.reason(await party.issuer.token({ aud: ['https://other.example', AUDIENCE] }), PROFILE)).toBe(
      'accepted',
    )
    expect(
      await party.reason(await party.issuer.token({ aud: ['https://other.example', AUDIENCE] }), PROFILE, {
        audienceMatch: 'exact',
      }),
    ).toBe('ERR_TOKEN_AUDIENCE')
  })

  it('§2.2.1 shows auth_time, acr and amr as they are', async () => {
    const token = await party.issuer.token({ auth_time: 1_799_999_000, acr: 'urn:x:gold', amr: ['pwd', 'otp'] })
    expect(await party.verifier(PROFILE).verify(token)).toMatchObject({
      authenticatedAtSeconds: 1_799_999_000,
      acr: 'urn:x:gold',
      amr: ['pwd', 'otp'],
    })
  })

  it('§2.2.3.1 shows groups and roles that are arrays of strings', async () => {
    const token = await party.issuer.token({ groups: ['g'], roles: ['r'], entitlements: ['e'] })
    expect(await party.verifier(PROFILE).verify(token)).toMatchObject({ groups: ['g'], roles: ['r'], permissions: [] })
  })
})
