import { AuthenticationError } from '@countersign/core'
import fc from 'fast-check'
import { decodeProtectedHeader } from 'jose'
import { describe, expect, it } from 'vitest'
import { parseAuthorization } from '../../packages/core/src/http/credentials.js'
import { parseFetchedJson } from '../../packages/core/src/http/fetch-json.js'
import { parseJson } from '../../packages/core/src/json.js'
import { decodeJws } from '../../packages/core/src/steps/decode.js'
import { claims, createParty, encode } from '../conformance/party.js'
import { hasDuplicates, measureShape } from './duplicates.js'
import { LEAST_RUNS, TIMEOUT_MS, tryFor } from './minutes.js'
import { mutated } from './texts.js'

const LIMITS = { tokenBytes: 2_048, headerBytes: 512, jsonDepth: 6, jsonMembers: 12 }

const party = await createParty(['ES256'])
const token = await party.issuer.token()

/** The grammar of RFC 6750 section 2.1 and RFC 9449 section 7.1, within the white space of a field. */
const FIELD = /^[ \t]*(bearer|dpop) +([A-Za-z0-9\-._~+/]+=*)[ \t]*$/i

describe('a reader of a stranger’s text, fuzzed', () => {
  it('the Authorization field: takes what the grammar takes, and nothing else', { timeout: TIMEOUT_MS }, () => {
    const seeds = [
      `Bearer ${token}`,
      'DPoP a.b.c==',
      'bearer  x',
      'Basic dXNlcjpwYXNz',
      'Bearer a, DPoP b',
      ' \tBearer x\t ',
      '',
    ]
    const pieces = [
      'Bearer',
      'bearer ',
      'DPoP ',
      ' ',
      '\t',
      ',',
      '=',
      '==',
      '"',
      '\r\n',
      '\0',
      '\u00a0',
      '.',
      '~',
      '+/',
    ]
    const runs = tryFor('credentials', mutated(seeds, pieces), (field) => {
      const parsed = parseAuthorization(field)
      const wanted = FIELD.exec(field)
      expect(parsed.kind === 'token').toBe(wanted !== null)
      if (parsed.kind !== 'token') return
      expect(parsed).toEqual({
        kind: 'token',
        scheme: wanted?.[1]?.toLowerCase() === 'dpop' ? 'DPoP' : 'Bearer',
        token: wanted?.[2],
      })
      expect(parseAuthorization(`${parsed.scheme} ${parsed.token}`)).toEqual(parsed)
    })
    expect(runs).toBeGreaterThan(LEAST_RUNS)
  })

  it('the decoder: what it takes has one spelling, and reads as jose reads it', { timeout: TIMEOUT_MS }, () => {
    const parts = [{ alg: 'ES256' }, { alg: 'RS256', kid: 'a', typ: 'JWT' }].map(
      (header) => `${encode(header)}.${encode(claims())}.AAAA`,
    )
    const seeds = [token, ...parts, `${encode('{}')}.${encode('{}')}.AA`, 'a.b.c', 'a.b.c.d.e', '..']
    const pieces = [
      '.',
      '..',
      '=',
      '+',
      '/',
      '-',
      '_',
      ' ',
      '\n',
      '\0',
      'e30',
      encode('{"alg":"none"}'),
      encode('[]'),
      encode('null'),
      '\u0141',
      '\ufeff',
    ]
    let taken = 0
    const runs = tryFor('decoder', mutated(seeds, pieces), (text) => {
      let decoded: ReturnType<typeof decodeJws>
      try {
        decoded = decodeJws(text, LIMITS)
      } catch (error) {
        expect(error).toBeInstanceOf(AuthenticationError)
        return
      }
      taken++
      const [header = '', payload = '', ...others] = text.split('.')
      expect(others).toHaveLength(1)
      expect(decoded.signingInput.toString('latin1')).toBe(`${header}.${payload}`)
      expect(decoded.signature.toString('base64url')).toBe(others[0])
      expect(decoded.header.members).toEqual(decodeProtectedHeader(text))
      expect(decoded.unverified).toEqual(JSON.parse(Buffer.from(payload, 'base64url').toString()))
      expect(text.length).toBeLessThanOrEqual(LIMITS.tokenBytes)
    })
    expect(runs).toBeGreaterThan(LEAST_RUNS)
    expect(taken).toBeGreaterThan(0)
  })

  const texts = fc
    .oneof(
      mutated(
        [
          JSON.stringify(claims()),
          '{"a":{"a":1},"b":[{"c":"\\u0041\\\\\\""}]}',
          '{"":"","x":[[[[1]]]],"y":{"":{"":0}}}',
          '[1,"a:b",{"a":[]}]',
          '"\\ud83d\\ude00"',
          '{"a\\"":1,"a\\\\":2}',
          '{"a":1,"b":[{"c":1,"c":2}]}',
        ],
        [
          '{',
          '}',
          '[',
          ']',
          ':',
          ',',
          '"',
          '\\',
          '\\"',
          '\\\\',
          '\\u0061',
          '\\ud800',
          '\\udc00',
          '"a":1',
          '{"a":',
          ' ',
          '\ufeff',
          '1e400',
          '-0',
          'null',
          '__proto__',
        ],
      ),
      fc.json({ maxDepth: 8 }),
    )
    // What a token or a document says was UTF-8: a half character can only come of an escape.
    .map((text) => Buffer.from(text).toString())

  it(
    'the JSON scanner: refuses of what JSON is only what is too deep, too wide, doubled or half a character',
    { timeout: TIMEOUT_MS },
    () => {
      const counts = { taken: 0, doubled: 0 }
      const runs = tryFor('JSON scanner', texts, (text) => {
        const wanted = toOutcome(() => JSON.parse(text) as unknown)
        const found = toOutcome(() => parseJson(text, { depth: LIMITS.jsonDepth, members: LIMITS.jsonMembers }))
        if (wanted.error !== undefined) {
          expect(found.error).toBeInstanceOf(SyntaxError)
          return
        }
        const { depth, members, brackets } = measureShape(text)
        const doubled = hasDuplicates(text)
        const isRefusable =
          depth > LIMITS.jsonDepth ||
          members > LIMITS.jsonMembers ||
          brackets > LIMITS.jsonMembers + LIMITS.jsonDepth ||
          doubled ||
          !isWellFormed(wanted.value)
        expect([text, found.error !== undefined]).toEqual([text, isRefusable])
        if (found.error !== undefined) {
          expect(found.error).toBeInstanceOf(SyntaxError)
          if (doubled) counts.doubled++
          return
        }
        counts.taken++
        expect(found.value).toEqual(wanted.value)
        expect(isFrozen(found.value)).toBe(true)
      })
      expect(runs).toBeGreaterThan(LEAST_RUNS)
      expect(Math.min(counts.taken, counts.doubled)).toBeGreaterThan(0)
    },
  )

  it(
    'the reader of fetched documents: takes objects that JSON.parse takes, and of those none that is too deep',
    { timeout: TIMEOUT_MS },
    () => {
      const runs = tryFor('fetched JSON', texts, (text) => {
        const body = Buffer.from(text)
        const wanted = toOutcome(() => JSON.parse(new TextDecoder().decode(body)) as unknown)
        const found = toOutcome(() => parseFetchedJson(body, 'https://login.example/jwks'))
        if (found.error !== undefined) {
          expect(found.error).toMatchObject({ reason: 'ERR_UPSTREAM_CONTENT' })
          const { value } = wanted
          const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
          if (isObject)
            expect([text, measureShape(text).depth]).toEqual([text, expect.toSatisfy((depth: number) => depth > 16)])
          return
        }
        expect(found.value).toEqual(wanted.value)
      })
      expect(runs).toBeGreaterThan(LEAST_RUNS)
    },
  )
})

function toOutcome(read: () => unknown): { readonly value?: unknown; readonly error?: unknown } {
  try {
    return { value: read() }
  } catch (error) {
    return { error }
  }
}

function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return !/\p{Surrogate}/u.test(value)
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([name, member]) => isWellFormed(name) && isWellFormed(member))
}

function isFrozen(value: unknown): boolean {
  return Object.isFrozen(value) && (typeof value !== 'object' || value === null || Object.values(value).every(isFrozen))
}
