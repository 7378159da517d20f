import { describe, expect, it } from 'vitest'
import { toKeySet } from '../../src/keys/key-set.js'
import type { KeySet } from '../../src/keys/key-set.js'
import { makePair, toJwks } from './jwks.js'

const es256 = { algorithm: 'ES256' } as const

function select(
  set: KeySet,
  kid: string | undefined,
  algorithm: 'ES256' | 'ES384' | 'RS256' | 'PS256' | 'Ed25519' = 'ES256',
): (string | undefined)[] | undefined {
  return set.select({ kid, algorithm })?.map((key) => key.kid)
}

describe('a key set, by kid', () => {
  it('MX-2: finds the one key of that name', () => {
    const [one, two] = [makePair(), makePair()]
    const set = toKeySet(toJwks(one, two))
    expect(select(set, one.jwk.kid)).toEqual([one.jwk.kid])
    expect(select(set, two.jwk.kid)).toEqual([two.jwk.kid])
    const find = () => set.select({ kid: one.jwk.kid, ...es256 })?.[0]
    expect(find()).toBe(find())
  })

  it.each([
    '__proto__',
    'constructor',
    'toString',
    '../../etc/passwd',
    "' OR 1=1 --",
    '',
    'KEY-A',
    ' key-a',
    'key-a\u0000',
  ])('A8: takes the kid %j for a name that is not there, and for its key where one has it', (kid) => {
    expect(select(toKeySet(toJwks(makePair('P-256', 'key-a'))), kid)).toBeUndefined()
    expect(select(toKeySet(toJwks(makePair('P-256', kid), makePair())), kid)).toEqual([kid])
  })

  it('section 4, duplicate kid: refuses a name that two keys of one algorithm share', () => {
    const set = toKeySet(toJwks(makePair('P-256', 'a'), makePair('P-256', 'a')))
    expect(() => select(set, 'a')).toThrow(expect.objectContaining({ reason: 'ERR_KEY_AMBIGUOUS', status: 401 }))
  })

  it('section 4, duplicate kid: tells keys of one name apart by family and by alg', () => {
    const rsa = makePair('RSA', 'a').jwk
    const keys = [
      makePair('P-256', 'a').jwk,
      makePair('P-384', 'a').jwk,
      { ...rsa, alg: 'RS256' },
      { ...rsa, alg: 'PS256' },
    ]
    const set = toKeySet({ keys })
    const families = (['ES256', 'ES384', 'RS256', 'PS256'] as const).map((algorithm) =>
      set.select({ kid: 'a', algorithm })?.map((key) => [key.family, key.algorithm]),
    )
    expect(families).toEqual([[['P-256', undefined]], [['P-384', undefined]], [['RSA', 'RS256']], [['RSA', 'PS256']]])
  })

  it.each([
    ['of another family', makePair('RSA', 'a').jwk],
    ['on another curve', makePair('P-384', 'a').jwk],
  ])('A3: refuses a token whose kid names a key %s', (_name, jwk) => {
    expect(() => select(toKeySet({ keys: [jwk] }), 'a')).toThrow(
      expect.objectContaining({ reason: 'ERR_KEY_MISMATCH', status: 401 }),
    )
  })

  it('A3: refuses a token whose kid names a key for another algorithm of its family', () => {
    const set = toKeySet({ keys: [{ ...makePair('RSA', 'a').jwk, alg: 'PS256' }] })
    expect(() => select(set, 'a', 'RS256')).toThrow(expect.objectContaining({ reason: 'ERR_KEY_MISMATCH' }))
  })
})

describe('a key set, without a kid', () => {
  it('gives every key that fits the algorithm, named or not', () => {
    const [one, two, rsa] = [makePair(), makePair(), makePair('RSA')]
    const { kid: _kid, ...nameless } = makePair().jwk
    const set = toKeySet({ keys: [one.jwk, rsa.jwk, nameless, two.jwk] })
    expect(select(set, undefined)).toEqual([one.jwk.kid, undefined, two.jwk.kid])
    expect(select(set, undefined, 'RS256')).toEqual([rsa.jwk.kid])
    expect(select(set, undefined, 'Ed25519')).toBeUndefined()
  })

  it('tries at most 4, however many fit', () => {
    const pairs = Array.from({ length: 5 }, () => makePair())
    expect(select(toKeySet(toJwks(...pairs.slice(0, 4))), undefined)).toHaveLength(4)
    expect(() => select(toKeySet(toJwks(...pairs)), undefined)).toThrow(
      expect.objectContaining({ reason: 'ERR_KEY_AMBIGUOUS' }),
    )
  })

  it('invariant 11: imports none of them where too many fit: a hundred imports would stop the event loop', () => {
    const set = toKeySet(toJwks(...Array.from({ length: 5 }, () => makePair('P-521'))))
    const imported: unknown[] = []
    for (const key of set.keys) Object.defineProperty(key, 'keyObject', { get: () => imported.push(key) })
    expect(() => set.select({ kid: undefined, algorithm: 'ES512' })).toThrow(
      expect.objectContaining({ reason: 'ERR_KEY_AMBIGUOUS', detail: { algorithm: 'ES512', keys: 5, most: 4 } }),
    )
    expect(imported).toEqual([])
  })

  it('does not give a nameless key to a token that names one', () => {
    const { kid: _kid, ...nameless } = makePair().jwk
    expect(select(toKeySet({ keys: [nameless] }), 'a')).toBeUndefined()
  })
})

describe('a key set, as a whole', () => {
  it('section 4, malformed set: serves the good keys beside broken ones, and counts those', () => {
    const good = makePair()
    const set = toKeySet({
      keys: [
        null,
        { kty: 'oct', k: 'AA' },
        { ...makePair().jwk, use: 'enc' },
        makePair('RSA', 'weak', 1_024).jwk,
        makePair().privateJwk,
        good.jwk,
        7,
      ],
    })
    expect(set.keys.map((key) => key.kid)).toEqual([good.jwk.kid])
    expect(set.dropped).toEqual({ malformed: 2, symmetric: 1, use: 1, weak: 1, private: 1 })
  })

  it.each([
    ['no object', []],
    ['null', null],
    ['no keys', {}],
    ['keys that are an object', { keys: {} }],
    ['keys that are a text', { keys: 'AQAB' }],
  ])('section 4, malformed set: refuses %s', (_name, jwks) => {
    expect(() => toKeySet(jwks)).toThrow(expect.objectContaining({ reason: 'ERR_KEYS_MALFORMED', status: 503 }))
  })

  it.each([
    ['an empty list', []],
    ['nothing but encryption keys', [{ ...makePair().jwk, use: 'enc' }]],
    ['nothing but symmetric keys', [{ kty: 'oct', k: 'AA' }]],
  ])('invariant 7: counts %s as empty', (_name, keys) => {
    expect(() => toKeySet({ keys })).toThrow(expect.objectContaining({ reason: 'ERR_KEYS_EMPTY', status: 503 }))
  })

  it('section 4, thousands of keys: uses 100 and counts the rest; what is of no use to us takes no place', () => {
    const junk = Array.from({ length: 500 }, () => ({ kty: 'oct', k: 'AA' }))
    const [last, beyond] = [makePair(), makePair()]
    const { jwk } = makePair()
    const many = Array.from({ length: 99 }, (_, index) => ({ ...jwk, kid: `many-${index}` }))
    const set = toKeySet({ keys: [...junk, ...many, last.jwk, beyond.jwk] })
    expect(set.keys).toHaveLength(100)
    expect(set.dropped).toEqual({ symmetric: 500, limit: 1 })
    expect(select(set, last.jwk.kid)).toEqual([last.jwk.kid])
    expect(select(set, beyond.jwk.kid)).toBeUndefined()
  })

  it('keeps an unchanged key the very same object over a refresh, so that cached verdicts hold', () => {
    const [kept, removed, added] = [makePair(), makePair(), makePair()]
    const before = toKeySet(toJwks(kept, removed))
    const after = toKeySet({ keys: [added.jwk, { ...kept.jwk, x5t: 'new', 'x-note': 'whatever' }] }, before)
    const key = before.select({ kid: kept.jwk.kid, ...es256 })?.[0]
    const gone = before.select({ kid: removed.jwk.kid, ...es256 })?.[0]
    expect(after.select({ kid: kept.jwk.kid, ...es256 })?.[0]).toBe(key)
    expect([key, gone].map((each) => each && after.has(each))).toEqual([true, false])
  })

  it.each(['kid', 'alg', 'x'] as const)('makes another key of a JWK whose %s changed', (member) => {
    const { jwk } = makePair()
    const changed = {
      kid: { ...jwk, kid: 'b' },
      alg: { ...jwk, alg: 'ES256' },
      x: { ...makePair().jwk, kid: jwk.kid },
    }[member]
    const before = toKeySet({ keys: [jwk] })
    const after = toKeySet({ keys: [changed] }, before)
    expect(before.keys.map((key) => after.has(key))).toEqual([false])
  })

  it('holds only its own objects, not equal ones', () => {
    const jwks = toJwks(makePair())
    const other = toKeySet(jwks)
    expect(other.keys.map((key) => toKeySet(jwks).has(key))).toEqual([false])
  })
})
