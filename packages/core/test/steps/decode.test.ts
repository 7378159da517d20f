import { describe, expect, it } from 'vitest'
import type { VerificationKey } from '../../src/ports.js'
import { decode } from '../../src/steps/decode.js'
import { createHeaderCache } from '../../src/stores/header-cache.js'
import { encode, LIMITS, toCredentials, toText } from '../parts.js'
import { errorOf, reasonOf } from '../refusals.js'

const HEADER = { alg: 'ES256', kid: 'k1', typ: 'at+jwt' }

function decodeText(token: string, limits: Partial<typeof LIMITS> = {}): ReturnType<typeof decode> {
  return decode(toCredentials(token), { limits: { ...LIMITS, ...limits } })
}

function reason(token: unknown, limits: Partial<typeof LIMITS> = {}): string {
  return reasonOf(() => decodeText(token as string, limits))
}

describe('decode', () => {
  it('takes a compact JWS apart and keeps the very bytes that are signed', () => {
    const token = toText(HEADER, { iss: 'https://a.example', n: { deep: [1] } })
    const decoded = decodeText(token)
    expect(decoded.header).toMatchObject({ kid: 'k1', type: 'at+jwt', members: HEADER })
    expect(decoded.header.algorithm.name).toBe('ES256')
    expect(decoded.unverified).toEqual({ iss: 'https://a.example', n: { deep: [1] } })
    expect(decoded.signingInput.toString('latin1')).toBe(token.slice(0, token.lastIndexOf('.')))
    expect(decoded.signature.toString()).toBe('sig')
  })

  it('gives the text of a header that is not remembered yet, and what is remembered of one that is', () => {
    const headers = createHeaderCache()
    const token = toText(HEADER, { iss: 'https://a.example' })
    const first = decode(toCredentials(token), { limits: LIMITS }, headers)
    expect(first.newHeaderText).toBe(encode(HEADER))
    headers.remember(encode(HEADER), first.header, { kid: undefined } as VerificationKey)
    const second = decode(toCredentials(token), { limits: LIMITS }, headers)
    expect(second.newHeaderText).toBeUndefined()
    expect(second.header).toBe(first.header)
  })

  it('gives parsed JSON that nobody can change, however deep', () => {
    const { unverified, header } = decodeText(toText(HEADER, { a: { b: [{ c: 1 }] } }))
    const a = unverified['a'] as { b: [{ c: number }] }
    for (const value of [unverified, a, a.b, a.b[0], header.members]) expect(Object.isFrozen(value)).toBe(true)
  })

  it.each(['', 'a', '.', 'a.b', '..', '.YQ.YQ', 'YQ.YQ.YQ.YQ', 'YQ.YQ.YQ.YQ.YQ.YQ', '.'.repeat(5)])(
    'refuses %j: three segments, none of them empty',
    (token) => {
      expect(reason(token)).toBe('ERR_TOKEN_MALFORMED')
    },
  )

  it('refuses a text without a dot, and one with a single dot, however much of a token is in it', () => {
    const [header, payload] = [encode(HEADER), encode({ iss: 'x' })]
    for (const text of [header, `${header}x`, `${header}${payload}`, `${header}.${payload}`, `.${header}${payload}`]) {
      expect(reason(text)).toBe('ERR_TOKEN_MALFORMED')
    }
  })

  it('refuses an empty header, payload or signature between good others', () => {
    const [header, payload] = [encode(HEADER), encode({ iss: 'x' })]
    expect(reason(`${header}.${payload}.`)).toBe('ERR_TOKEN_MALFORMED')
    expect(reason(`${header}..c2ln`)).toBe('ERR_TOKEN_MALFORMED')
    expect(reason(`.${payload}.c2ln`)).toBe('ERR_TOKEN_MALFORMED')
  })

  it('tells five segments apart as encrypted, without decoding any of them', () => {
    expect(reason('!.!.!.!.!')).toBe('ERR_TOKEN_ENCRYPTED')
    expect(reason('....')).toBe('ERR_TOKEN_ENCRYPTED')
  })

  it('refuses dots by the hundred thousand by their number alone', () => {
    expect(reason('.'.repeat(100_000))).toBe('ERR_TOKEN_TOO_LARGE')
    expect(reason('.'.repeat(60_000), { tokenBytes: 65_536 })).toBe('ERR_TOKEN_MALFORMED')
  })

  it.each([undefined, null, 1, true, {}, [], Buffer.from('a.b.c'), new String('a.b.c'), Symbol('a')])(
    'refuses a token that is not a string: %o',
    (token) => {
      expect(reason(token)).toBe('ERR_TOKEN_MALFORMED')
    },
  )

  describe.each([0, 1, 2])('segment %i', (position) => {
    const good = toText(HEADER, { iss: 'https://a.example', sub: '?>?>?>' }, 'c2lnbmF0dXJl').split('.')

    function withSegment(change: (segment: string) => string): string {
      return good.map((segment, index) => (index === position ? change(segment) : segment)).join('.')
    }

    it.each([
      ['padding', (segment: string) => `${segment}=`],
      ['double padding', (segment: string) => `${segment}==`],
      ['a space before it', (segment: string) => ` ${segment}`],
      ['a space after it', (segment: string) => `${segment} `],
      ['a line feed inside', (segment: string) => `${segment.slice(0, 4)}\n${segment.slice(4)}`],
      ['a NUL at its end', (segment: string) => `${segment}\0`],
      ['a plus sign', (segment: string) => `${segment.slice(0, -1)}+`],
      ['a slash', (segment: string) => `${segment.slice(0, -1)}/`],
      ['a percent escape', (segment: string) => `${segment}%3D`],
      ['a letter of another alphabet', (segment: string) => `${segment}\u0430`],
      ['a character beyond latin-1 whose low byte is a letter', (segment: string) => `${segment.slice(0, -1)}\u0141`],
    ])('is refused with %s', (_, change) => {
      expect(reason(good.join('.'))).toBe('accepted')
      expect(reason(withSegment(change))).toBe('ERR_TOKEN_ENCODING')
    })
  })

  it('refuses stray trailing bits, which would give one token many spellings', () => {
    const text = (signature: string): string => toText(HEADER, { iss: 'x' }, signature)
    expect(reason(text('YQ'))).toBe('accepted')
    for (const stray of ['YR', 'YS', 'Yf']) expect(reason(text(stray))).toBe('ERR_TOKEN_ENCODING')
    expect(reason(text('YWE'))).toBe('accepted')
    for (const stray of ['YWF', 'YWG', 'YWH']) expect(reason(text(stray))).toBe('ERR_TOKEN_ENCODING')
    expect(reason(text('YWFh'))).toBe('accepted')
    expect(reason(text('YWFhA'))).toBe('ERR_TOKEN_ENCODING')
  })

  it.each([
    ['a lone continuation byte', [0x80]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['half a surrogate pair', [0xed, 0xa0, 0x80]],
    ['a code point beyond Unicode', [0xf4, 0x90, 0x80, 0x80]],
    ['a sequence cut short', [0xe2, 0x82]],
  ])('refuses %s: the text is UTF-8', (_, bytes) => {
    const broken = (member: string): Buffer =>
      Buffer.concat([Buffer.from(`{${member}:"`), Buffer.from(bytes), Buffer.from('"}')])
    expect(reason(toText(broken('"alg":"ES256","kid"'), { iss: 'x' }))).toBe('ERR_TOKEN_JSON')
    expect(reason(toText(HEADER, broken('"iss"')))).toBe('ERR_TOKEN_JSON')
  })

  it.each([
    '[]',
    '[{"iss":"x"}]',
    '"text"',
    'null',
    'true',
    '1',
    '{"iss":"x"} {}',
    '{"iss":"x"}x',
    '{"iss":"x",}',
    "{'iss':'x'}",
    '{iss:"x"}',
    '{"iss":NaN}',
    '{"exp":0x10}',
    '{"exp":01}',
    '/* */{"iss":"x"}',
    '\uFEFF{"iss":"x"}',
    '{"iss":"a\nb"}',
    '{"iss":"\\x41"}',
  ])('refuses %j, which is no JSON object', (text) => {
    expect(reason(toText(HEADER, text))).toBe('ERR_TOKEN_JSON')
    expect(reason(toText(text, { iss: 'x' }))).toBe('ERR_TOKEN_JSON')
  })

  it('refuses text in UTF-16', () => {
    expect(reason(toText(HEADER, Buffer.from('{"iss":"x"}', 'utf16le')))).toBe('ERR_TOKEN_JSON')
  })

  it('refuses a member named twice in the header and in the payload', () => {
    expect(reason(toText('{"alg":"none","alg":"ES256"}', { iss: 'x' }))).toBe('ERR_TOKEN_JSON')
    expect(reason(toText(HEADER, '{"sub":"me","\\u0073ub":"admin"}'))).toBe('ERR_TOKEN_JSON')
  })

  it('counts the length of the token before anything else', () => {
    const token = toText(HEADER, { iss: 'x', pad: 'p'.repeat(1_000) })
    expect(reason(token, { tokenBytes: token.length })).toBe('accepted')
    expect(reason(token, { tokenBytes: token.length - 1 })).toBe('ERR_TOKEN_TOO_LARGE')
    expect(reason('!'.repeat(9_000))).toBe('ERR_TOKEN_TOO_LARGE')
  })

  it('counts the length of the header in decoded bytes', () => {
    const header = JSON.stringify({ alg: 'ES256', pad: 'p'.repeat(1_000) })
    expect(reason(toText(header, { iss: 'x' }), { headerBytes: header.length })).toBe('accepted')
    expect(reason(toText(header, { iss: 'x' }), { headerBytes: header.length - 1 })).toBe('ERR_TOKEN_TOO_LARGE')
  })

  it('refuses JSON that is deeper, or has more members, than the limits', () => {
    const nested = (depth: number): string => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`
    expect(reason(toText(HEADER, nested(16)))).toBe('accepted')
    expect(reason(toText(HEADER, nested(17)))).toBe('ERR_TOKEN_JSON')
    const wide = (count: number): object =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`m${index}`, 0]))
    expect(reason(toText(HEADER, wide(256)))).toBe('accepted')
    expect(reason(toText(HEADER, wide(257)))).toBe('ERR_TOKEN_JSON')
  })

  it('keeps a claim named __proto__ as an own member that changes no prototype', () => {
    const { unverified } = decodeText(toText(HEADER, '{"__proto__":{"iss":"https://evil.example","admin":true}}'))
    expect(Object.getPrototypeOf(unverified)).toBe(Object.prototype)
    expect(unverified['admin']).toBeUndefined()
    expect(unverified['iss']).toBeUndefined()
    expect(Object.keys(unverified)).toEqual(['__proto__'])
  })

  it('says why in the reason alone: the message is one and the same, and quotes nothing', () => {
    const errors = [toText(HEADER, '[]'), 'secret-secret', toText({ alg: 'none' }, {})].map((token) =>
      errorOf(() => decodeText(token)),
    )
    expect(new Set(errors.map(({ message }) => message))).toEqual(new Set(['The access token is invalid or expired']))
    expect(JSON.stringify(errors)).not.toContain('secret')
  })
})
