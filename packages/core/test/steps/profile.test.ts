import { describe, expect, it } from 'vitest'
import type { IssuerOptions } from '../../src/options/options.js'
import { checkProfile } from '../../src/steps/profile.js'
import { claims, toParts, toVerified } from '../parts.js'
import { errorOf, reasonOf } from '../refusals.js'

function check(typ: unknown, changes: Readonly<Record<string, unknown>>, issuer: Partial<IssuerOptions>): void {
  const header = { alg: 'ES256', kid: 'k1', ...(typ === undefined ? {} : { typ }) }
  checkProfile(toVerified(claims(changes), header), toParts(issuer).issuer)
}

function reason(
  typ: unknown,
  changes: Readonly<Record<string, unknown>> = {},
  issuer: Partial<IssuerOptions> = {},
): string {
  return reasonOf(() => check(typ, changes, issuer))
}

const RFC9068 = { tokenProfile: 'rfc9068' } as const
const ID_TOKEN = { tokenProfile: 'id-token', clientIds: ['web'] } as const

const FOREIGN_TYPES = [
  ...[
    'dpop+jwt',
    'entity-statement+jwt',
    'logout+jwt',
    'secevent+jwt',
    'token-introspection+jwt',
    'oauth-authz-req+jwt',
  ],
  ...[
    'client-authentication+jwt',
    'JWS',
    'JOSE',
    'JWE',
    'at',
    'jwt ',
    'at+jwt2',
    'application/jwt+at',
    '',
    ' at+jwt',
    'application/application/at+jwt',
  ],
]

describe('checkProfile', () => {
  describe('access-token', () => {
    it.each(['at+jwt', 'AT+JWT', 'application/at+jwt', 'Application/AT+jwt', 'JWT', 'jwt', undefined])(
      'takes typ %s',
      (typ) => {
        expect(reason(typ)).toBe('accepted')
      },
    )

    it.each(FOREIGN_TYPES)('refuses typ %j', (typ) => {
      expect(reason(typ)).toBe('ERR_TOKEN_TYPE')
    })

    it.each(['nonce', 'at_hash', 'c_hash', 'events'])('refuses a token with %s, whatever its value', (claim) => {
      for (const value of ['x', '', null, false, {}]) expect(reason('JWT', { [claim]: value })).toBe('ERR_TOKEN_TYPE')
      expect(errorOf(() => check('JWT', { [claim]: 'x' }, {})).detail).toEqual({ member: claim })
    })

    it('refuses what its own claims call another kind of token', () => {
      expect(reason('JWT', { token_use: 'access' })).toBe('accepted')
      for (const use of ['id', 'ID', 'Access', '', null, ['access']]) {
        expect(reason('JWT', { token_use: use })).toBe('ERR_TOKEN_TYPE')
      }
      expect(reason('JWT', { typ: 'Bearer' })).toBe('accepted')
      for (const type of ['ID', 'Refresh', 'Offline', 'Logout', 'bearer', '', null, 1, ['Bearer']]) {
        expect(reason('JWT', { typ: type })).toBe('ERR_TOKEN_TYPE')
      }
    })

    it('demands no claim beyond those that every token must have', () => {
      expect(reason('JWT', { sub: undefined, client_id: undefined, iat: undefined, jti: undefined })).toBe('accepted')
    })
  })

  describe('rfc9068', () => {
    it.each(['at+jwt', 'application/at+jwt', 'At+Jwt'])('takes typ %s', (typ) => {
      expect(reason(typ, {}, RFC9068)).toBe('accepted')
    })

    it.each([undefined, 'JWT', 'jwt', ...FOREIGN_TYPES])('refuses typ %s', (typ) => {
      expect(reason(typ, {}, RFC9068)).toBe('ERR_TOKEN_TYPE')
    })

    it.each(['sub', 'client_id', 'iat', 'jti', 'aud'])('demands %s, of the right type', (claim) => {
      expect(reason('at+jwt', { [claim]: undefined }, RFC9068)).toBe('ERR_TOKEN_CLAIM_MISSING')
      for (const value of [null, true, {}, [{}]]) {
        expect(reason('at+jwt', { [claim]: value }, RFC9068)).toBe('ERR_TOKEN_CLAIM_TYPE')
      }
    })

    it('refuses other kinds of tokens as access-token does', () => {
      expect(reason('at+jwt', { nonce: 'n' }, RFC9068)).toBe('ERR_TOKEN_TYPE')
      expect(reason('at+jwt', { token_use: 'id' }, RFC9068)).toBe('ERR_TOKEN_TYPE')
    })
  })

  describe('id-token', () => {
    it.each([undefined, 'JWT', 'jwt'])('takes typ %s and the claims of an ID token', (typ) => {
      const changes = { aud: 'web', nonce: 'n', at_hash: 'h', c_hash: 'h' }
      expect(reason(typ, changes, ID_TOKEN)).toBe('accepted')
      expect(reason(typ, { ...changes, token_use: 'id', typ: 'ID' }, ID_TOKEN)).toBe('accepted')
    })

    it.each(['at+jwt', 'application/at+jwt', ...FOREIGN_TYPES])(
      'refuses typ %j: an access token signs nobody in',
      (typ) => {
        expect(reason(typ, {}, ID_TOKEN)).toBe('ERR_TOKEN_TYPE')
      },
    )

    it('refuses a logout token and an access token that have no typ, by their claims', () => {
      const logout = { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } }
      expect(reason(undefined, logout, ID_TOKEN)).toBe('ERR_TOKEN_TYPE')
      expect(reason(undefined, { token_use: 'access' }, ID_TOKEN)).toBe('ERR_TOKEN_TYPE')
      expect(reason('JWT', { typ: 'Bearer' }, ID_TOKEN)).toBe('ERR_TOKEN_TYPE')
    })

    it.each(['sub', 'iat', 'aud'])('demands %s', (claim) => {
      expect(reason('JWT', { [claim]: undefined }, ID_TOKEN)).toBe('ERR_TOKEN_CLAIM_MISSING')
    })
  })
})
