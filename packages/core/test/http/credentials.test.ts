import { describe, expect, it } from 'vitest'
import { parseAuthorization } from '../../src/http/credentials.js'

describe('parseAuthorization', () => {
  it.each(['Bearer', 'bearer', 'BEARER', 'bEaReR'])('takes the scheme %j in any case', (scheme) => {
    expect(parseAuthorization(`${scheme} a.b.c`)).toEqual({ kind: 'token', scheme: 'Bearer', token: 'a.b.c' })
  })

  it.each(['DPoP', 'dpop', 'DPOP', 'dPoP'])('takes the scheme %j in any case', (scheme) => {
    expect(parseAuthorization(`${scheme} a.b.c`)).toEqual({ kind: 'token', scheme: 'DPoP', token: 'a.b.c' })
  })

  it.each(['Bearer   a.b.c', ' Bearer a.b.c', 'Bearer a.b.c ', '\tBearer a.b.c\t', ' \t Bearer  a.b.c \t '])(
    'takes %j: one or more spaces after the scheme, white space around the field',
    (field) => {
      expect(parseAuthorization(field)).toEqual({ kind: 'token', scheme: 'Bearer', token: 'a.b.c' })
    },
  )

  it('takes every character of a b64token, and padding at its end', () => {
    const token = 'AZaz09-._~+/=='
    expect(parseAuthorization(`Bearer ${token}`)).toEqual({ kind: 'token', scheme: 'Bearer', token })
  })

  it.each([
    'Bearer',
    'Bearer ',
    'Bearer \t',
    'Bearer\ta.b.c',
    'Bearer \ta.b.c',
    'Bearer a.b.c d.e.f',
    'Bearer a.b.c,Bearer d.e.f',
    'Bearer a.b.c, Bearer d.e.f',
    'Bearer a.b.c;x=1',
    'Bearer "a.b.c"',
    'Bearer a=b',
    'Bearer =',
    'Bearer ==a',
    'Bearer token=a.b.c',
    'Bearer a.b.c\r\nX-Evil: 1',
    'Bearer a.b.c\n',
    'Bearer a.b.c\0',
    'Bearer a.b.c\u00a0',
    'Bearer \u00e9',
    'Bearer %61.b.c',
    'Bearer: a.b.c',
    'Bearer,a.b.c',
    '',
    ' ',
    ',',
    '"Bearer" a.b.c',
    'Bearer\u00a0a.b.c',
    'Be\u0430rer a.b.c',
    'a,b',
    '@',
  ])('calls %j malformed', (field) => {
    expect(parseAuthorization(field)).toEqual({ kind: 'malformed' })
  })

  it.each(['Basic dXNlcjpwYXNz', 'Digest username="x"', 'Bearer2 a.b.c', 'Beare a.b.c', 'MAC id="1"', 'a.b.c', 'x'])(
    'calls %j a foreign scheme, which is no mistake of the client',
    (field) => {
      expect(parseAuthorization(field)).toEqual({ kind: 'foreign-scheme' })
    },
  )

  it('answers a field of nothing but spaces, equals signs or slashes by the thousand', () => {
    for (const filler of [' ', '=', '/', '=a', 'a=', '\t']) {
      expect(parseAuthorization(`Bearer a${filler.repeat(20_000)}!`)).toEqual({ kind: 'malformed' })
    }
  })
})
