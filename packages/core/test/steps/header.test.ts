import { describe, expect, it } from 'vitest'
import { ALGORITHMS } from '../../src/algorithms.js'
import { toHeader } from '../../src/steps/header.js'
import { errorOf, reasonOf } from '../refusals.js'

function reason(members: Readonly<Record<string, unknown>>): string {
  return reasonOf(() => toHeader(members))
}

describe('toHeader', () => {
  it.each([...ALGORITHMS.keys()])('reads %s', (alg) => {
    expect(toHeader({ alg }).algorithm.name).toBe(alg)
  })

  it.each([
    ...['none', 'None', 'NONE', 'nOnE', 'none ', ''],
    ...['HS256', 'HS384', 'HS512', 'hs256', 'HS1'],
    ...['ES256K', 'Ed448', 'ES521', 'RSA-OAEP', 'dir', 'A128KW', 'RS1'],
    ...['rs256', 'Rs256', 'RS256 ', ' RS256', 'RS256\0', 'ES256\n', 'eddsa', 'EDDSA', 'ed25519', 'ＲＳ２５６'],
    ...['__proto__', 'constructor', 'toString', 'get'],
  ])('refuses the algorithm %j', (alg) => {
    expect(reason({ alg })).toBe('ERR_TOKEN_ALGORITHM')
  })

  it.each([undefined, null, true, 0, 256, {}, ['RS256'], [['RS256']], { toString: () => 'RS256' }])(
    'refuses %j as alg, which is no string',
    (alg) => {
      expect(reason({ alg })).toBe('ERR_TOKEN_HEADER')
    },
  )

  it('refuses a header without alg', () => {
    expect(reason({})).toBe('ERR_TOKEN_HEADER')
    expect(reason({ typ: 'at+jwt' })).toBe('ERR_TOKEN_HEADER')
  })

  it.each([
    [['exp']],
    [['b64']],
    [['alg']],
    [['crit']],
    [['https://example.com/understood']],
    [['']],
    [[]],
    ['exp'],
    [null],
    [{}],
    [false],
    [undefined],
  ])('refuses crit of %j, because nothing in it is understood', (crit) => {
    expect(reason({ alg: 'RS256', crit, exp: 1, b64: true })).toBe('ERR_TOKEN_CRITICAL')
  })

  it.each([false, 'false', 0, null, 'true', 1, {}, undefined])('refuses b64 of %j', (b64) => {
    expect(reason({ alg: 'RS256', b64 })).toBe('ERR_TOKEN_CRITICAL')
  })

  it('takes b64 of true, which is what every JWT has anyway', () => {
    expect(reason({ alg: 'RS256', b64: true })).toBe('accepted')
  })

  it.each(['enc', 'zip', 'p2c', 'p2s', 'epk'])('refuses %s: encryption and compression have no place here', (name) => {
    for (const value of ['DEF', 2_147_483_647, null, {}]) {
      expect(reason({ alg: 'RS256', [name]: value })).toBe('ERR_TOKEN_ENCRYPTED')
    }
  })

  it.each([null, 1, true, {}, ['k1'], { kid: 'k1' }])(
    'refuses kid and typ of %j: a wrong type is no absence',
    (value) => {
      expect(reason({ alg: 'RS256', kid: value })).toBe('ERR_TOKEN_HEADER')
      expect(reason({ alg: 'RS256', typ: value })).toBe('ERR_TOKEN_HEADER')
    },
  )

  it('takes any string as kid, as it is', () => {
    for (const kid of ['', '../../etc/passwd', "' OR 1=1 --", '__proto__', 'k\u0000', '🔑']) {
      expect(toHeader({ alg: 'RS256', kid }).kid).toBe(kid)
    }
  })

  it('gives typ in lower case, and nothing where there is none', () => {
    expect(toHeader({ alg: 'RS256', typ: 'AT+JWT' }).type).toBe('at+jwt')
    expect(toHeader({ alg: 'RS256' }).type).toBeUndefined()
  })

  it('never even reads jwk, jku, x5c and x5u', () => {
    const members = { alg: 'RS256' }
    for (const name of ['jwk', 'jku', 'x5c', 'x5u', 'x5t', 'x5t#S256']) {
      Object.defineProperty(members, name, {
        enumerable: true,
        get: () => expect.fail(`${name} was read`),
      })
    }
    expect(toHeader(members).members).toBe(members)
  })

  it('names the member that was wrong in the detail, never its value', () => {
    expect(errorOf(() => toHeader({ alg: 'secret' })).detail).toEqual({ member: 'alg' })
    expect(errorOf(() => toHeader({ alg: 'RS256', zip: 'secret' })).detail).toEqual({ member: 'zip' })
  })
})
