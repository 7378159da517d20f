import { sign } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { ALGORITHMS } from '../../src/algorithms.js'
import { ImportedKey, importJwk, toKeyFamily } from '../../src/keys/jwk.js'
import { makePair } from './jwks.js'

const FAMILIES = ['RSA', 'P-256', 'P-384', 'P-521', 'Ed25519'] as const

function judge(jwk: unknown): unknown {
  const family = toKeyFamily(jwk)
  if (!(FAMILIES as readonly string[]).includes(family)) return family
  const key = importJwk(jwk as object, family as (typeof FAMILIES)[number])
  return typeof key === 'string' ? key : 'good'
}

function toMember(value: bigint, bytes = Math.ceil(value.toString(16).length / 2)): string {
  return Buffer.from(value.toString(16).padStart(bytes * 2, '0'), 'hex').toString('base64url')
}

/** An RSA JWK with a modulus of so many bits: odd, top bit set, and good for nothing else. */
function toRsa(bits: number, members: object = {}): object {
  return { kty: 'RSA', n: toMember(2n ** BigInt(bits) - 1n), e: 'AQAB', ...members }
}

describe('import of a JWK', () => {
  it.each(FAMILIES)('A3: gives a %s key its one family, and a KeyObject that verifies', (family) => {
    const { jwk, privateKey } = makePair(family)
    const key = importJwk(jwk, family) as ImportedKey
    const hash = family === 'Ed25519' ? null : 'sha256'
    const signature = sign(hash, Buffer.from('data'), { key: privateKey, dsaEncoding: 'ieee-p1363' })
    const name = ({ RSA: 'RS256', 'P-256': 'ES256', 'P-384': 'ES384', 'P-521': 'ES512', Ed25519: 'Ed25519' } as const)[
      family
    ]
    const algorithm = ALGORITHMS.get(name)
    expect(key).toMatchObject({ family, kid: jwk.kid, algorithm: undefined })
    expect(key.keyObject.type).toBe('public')
    expect(key.keyObject).toBe(key.keyObject)
    if (name !== 'ES384' && name !== 'ES512')
      expect(algorithm?.verify(Buffer.from('data'), key.keyObject, signature)).toBe(true)
  })

  it('A3: fits a key to its own alg alone, or to any of its family where it has none', () => {
    const { jwk } = makePair('RSA')
    const bare = importJwk(jwk, 'RSA') as ImportedKey
    const own = importJwk({ ...jwk, alg: 'PS256' }, 'RSA') as ImportedKey
    expect((['RS256', 'PS256', 'RS512', 'ES256'] as const).map((name) => bare.isFor(name))).toEqual([
      true,
      true,
      true,
      false,
    ])
    expect((['RS256', 'PS256', 'PS512'] as const).map((name) => own.isFor(name))).toEqual([false, true, false])
  })

  it('A9: keeps the two names of Ed25519 apart where a JWK names one', () => {
    const { jwk } = makePair('Ed25519')
    const bare = importJwk(jwk, 'Ed25519') as ImportedKey
    const old = importJwk({ ...jwk, alg: 'EdDSA' }, 'Ed25519') as ImportedKey
    expect((['EdDSA', 'Ed25519'] as const).map((name) => bare.isFor(name))).toEqual([true, true])
    expect((['EdDSA', 'Ed25519'] as const).map((name) => old.isFor(name))).toEqual([true, false])
  })

  it.each([
    ['sig', 'good'],
    [undefined, 'good'],
    ['enc', 'use'],
    ['SIG', 'use'],
    ['', 'use'],
    [null, 'use'],
    [['sig'], 'use'],
  ])('A7: judges use %j as %s', (use, verdict) => {
    expect(judge({ ...makePair().jwk, use })).toBe(verdict)
  })

  it.each([
    [['verify'], 'good'],
    [['sign', 'verify'], 'good'],
    [undefined, 'good'],
    [['sign'], 'use'],
    [['encrypt', 'wrapKey'], 'use'],
    [[], 'use'],
    ['verify', 'use'],
    [{ verify: true }, 'use'],
    [null, 'use'],
  ])('A7: judges key_ops %j as %s', (operations, verdict) => {
    expect(judge({ ...makePair().jwk, key_ops: operations })).toBe(verdict)
  })

  it.each([
    ['RSA', 'RS256', 'good'],
    ['RSA', 'PS512', 'good'],
    ['RSA', 'ES256', 'algorithm'],
    ['RSA', 'RSA-OAEP', 'algorithm'],
    ['RSA', 'HS256', 'algorithm'],
    ['RSA', 'none', 'algorithm'],
    ['RSA', 'rs256', 'algorithm'],
    ['RSA', '', 'algorithm'],
    ['RSA', 256, 'algorithm'],
    ['RSA', null, 'algorithm'],
    ['P-256', 'ES256', 'good'],
    ['P-256', 'ES384', 'algorithm'],
    ['P-256', 'ES256K', 'algorithm'],
    ['P-384', 'ES256', 'algorithm'],
    ['Ed25519', 'EdDSA', 'good'],
    ['Ed25519', 'Ed25519', 'good'],
    ['Ed25519', 'Ed448', 'algorithm'],
    ['Ed25519', 'ES256', 'algorithm'],
  ] as const)('A3: judges a %s key with alg %j as %s', (family, alg, verdict) => {
    expect(judge({ ...makePair(family).jwk, alg })).toBe(verdict)
  })

  it.each([
    ['A10: a symmetric key', { kty: 'oct', k: 'c2VjcmV0' }, 'symmetric'],
    ['A10: a symmetric key that claims RSA’s algorithm', { kty: 'oct', k: 'c2VjcmV0', alg: 'RS256' }, 'symmetric'],
    ['A7: an unknown kty', { kty: 'AKP', alg: 'ML-DSA-44', pub: 'AA' }, 'type'],
    ['A7: a missing kty', { n: 'AQAB', e: 'AQAB' }, 'type'],
    ['A7: secp256k1', { kty: 'EC', crv: 'secp256k1', x: 'AA', y: 'AA' }, 'type'],
    ['A7: an X25519 key', { kty: 'OKP', crv: 'X25519', x: 'AA' }, 'type'],
    ['A7: an Ed448 key', { kty: 'OKP', crv: 'Ed448', x: 'AA' }, 'type'],
    ['A7: a curve of another kty', { kty: 'OKP', crv: 'P-256', x: 'AA' }, 'type'],
    ['A7: kty in another case', { kty: 'rsa', n: 'AQAB', e: 'AQAB' }, 'type'],
    ['A7: a text', 'key', 'malformed'],
    ['A7: null', null, 'malformed'],
    ['A7: a list', [makePair().jwk], 'malformed'],
    ['A8: a kid that is a number', { ...makePair().jwk, kid: 1 }, 'malformed'],
    ['A8: a kid that is null', { ...makePair().jwk, kid: null }, 'malformed'],
    ['A6: RSA without a modulus', { kty: 'RSA', e: 'AQAB' }, 'malformed'],
    ['A6: RSA with a number for an exponent', { ...toRsa(2_048), e: 65_537 }, 'malformed'],
    ['A6: RSA in plain base64', toRsa(2_048, { n: `${'/'.repeat(341)}8=` }), 'malformed'],
    ['A6: EC without y', { ...makePair().jwk, y: undefined }, 'malformed'],
    ['A6: EC off its curve', { ...makePair().jwk, y: makePair().jwk.y }, 'off-curve'],
    ['A6: Ed25519 without x', { kty: 'OKP', crv: 'Ed25519' }, 'malformed'],
    [
      'A6: Ed25519 of order 1',
      { kty: 'OKP', crv: 'Ed25519', x: Buffer.alloc(32).fill(1, 0, 1).toString('base64url') },
      'off-curve',
    ],
    ['A6: Ed25519 all zero', { kty: 'OKP', crv: 'Ed25519', x: 'A'.repeat(43) }, 'off-curve'],
  ])('drops %s', (_name, jwk, verdict) => {
    expect(judge(jwk)).toBe(verdict)
  })

  it.each([
    [2_047, 'weak'],
    [1_024, 'weak'],
    [8, 'weak'],
    [2_048, 'good'],
    [2_049, 'good'],
    [3_072, 'good'],
    [8_192, 'good'],
    [8_193, 'weak'],
    [16_384, 'malformed'],
  ])('A6: judges an RSA modulus of %i bits as %s', (bits, verdict) => {
    expect(judge(toRsa(bits))).toBe(verdict)
  })

  it('A6: counts the bits of a modulus without its leading zeros, and refuses an even one', () => {
    expect(judge(toRsa(0, { n: toMember(2n ** 2_048n - 1n, 300) }))).toBe('good')
    expect(judge(toRsa(0, { n: toMember(2n ** 2_047n - 1n, 300) }))).toBe('weak')
    expect(judge(toRsa(0, { n: toMember(0n, 256) }))).toBe('weak')
    expect(judge(toRsa(0, { n: toMember(2n ** 2_048n - 2n) }))).toBe('weak')
  })

  it.each([
    ['0', toMember(0n), 'weak'],
    ['1', toMember(1n), 'weak'],
    ['2', toMember(2n), 'weak'],
    ['3', toMember(3n), 'good'],
    ['4', toMember(4n), 'weak'],
    ['65537', 'AQAB', 'good'],
    ['65537 with leading zeros', toMember(65_537n, 8), 'good'],
    ['2^32 - 1', toMember(2n ** 32n - 1n), 'good'],
    ['2^32', toMember(2n ** 32n), 'weak'],
    ['2^32 + 1', toMember(2n ** 32n + 1n), 'weak'],
    ['2^64 + 1', toMember(2n ** 64n + 1n), 'weak'],
    ['nothing', '', 'malformed'],
  ])('A6: judges the RSA exponent %s as %s', (_name, e, verdict) => {
    expect(judge(toRsa(2_048, { e }))).toBe(verdict)
  })

  it.each(FAMILIES)('drops a %s key whose private half is published: everybody could sign with it', (family) => {
    expect(judge(makePair(family).privateJwk)).toBe('private')
  })

  it('A4: takes no notice of x5c, x5u and x5t', () => {
    const key = importJwk({ ...makePair().jwk, x5c: ['AAAA'], x5u: 'https://evil.example', x5t: 'AA' }, 'P-256')
    expect(key).toBeInstanceOf(ImportedKey)
  })
})
