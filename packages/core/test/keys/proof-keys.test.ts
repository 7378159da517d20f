import { generateKeyPairSync } from 'node:crypto'
import { createTestKey } from '@countersign/testing'
import type { TestAlgorithm } from '@countersign/testing'
import { calculateJwkThumbprint } from 'jose'
import type { JWK } from 'jose'
import { describe, expect, it } from 'vitest'
import { createProofKeys, toThumbprint } from '../../src/keys/proof-keys.js'
import { clientKey, otherKey, toJkt, toPublicJwk } from '../proofs.js'

const jwk = toPublicJwk(clientKey)
const jkt = toJkt(clientKey)

/** RFC 7638 section 3.1. */
const RFC_7638 = {
  kty: 'RSA',
  n: '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw',
  e: 'AQAB',
  alg: 'RS256',
  kid: '2011-04-29',
}

/** RFC 8037 appendix A.3. */
const RFC_8037 = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }

describe('toThumbprint', () => {
  it('is what the RFCs say of their examples', () => {
    expect(toThumbprint(RFC_7638)).toBe('NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs')
    expect(toThumbprint(RFC_8037)).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k')
  })

  it.each<TestAlgorithm>(['RS256', 'ES256', 'ES384', 'ES512', 'Ed25519'])(
    'is what jose says of a key for %s',
    async (alg) => {
      const { publicJwk } = await createTestKey(alg)
      const { kty, ...rest } = publicJwk
      const shuffled = { ...Object.fromEntries(Object.entries(rest).reverse()), kty } as JWK & { kty: string }
      for (const given of [publicJwk, shuffled, { ...shuffled, ext: true, key_ops: ['verify'], x5c: ['…'] }]) {
        expect(toThumbprint(given as never)).toBe(await calculateJwkThumbprint(publicJwk))
      }
    },
  )

  it('has none for a key with a member missing or of the wrong type', () => {
    for (const wrong of [
      {},
      { ...jwk, kty: 'oct', k: 'AAAA' },
      { ...jwk, kty: undefined },
      { ...jwk, kty: 'toString' },
      { ...jwk, kty: '__proto__' },
      { ...jwk, kty: ['EC'] },
      { ...jwk, y: undefined },
      { ...jwk, x: 1 },
      { ...RFC_7638, e: 65_537 },
      { ...RFC_7638, n: null },
    ]) {
      expect(toThumbprint(wrong)).toBeUndefined()
    }
  })
})

describe('the keys of proofs', () => {
  it('D12: are found by the name that the token is bound to, each of the five kinds', async () => {
    const proofKeys = createProofKeys()
    for (const [alg, family] of [
      ['RS256', 'RSA'],
      ['ES256', 'P-256'],
      ['ES384', 'P-384'],
      ['ES512', 'P-521'],
      ['EdDSA', 'Ed25519'],
    ] as const) {
      const key = await createTestKey(alg)
      const found = proofKeys.find(toPublicJwk(key), toJkt(key))
      expect(found).toMatchObject({ family, algorithm: undefined, kid: undefined })
      if (typeof found === 'object') expect(found.keyObject.equals(key.publicKey)).toBe(true)
    }
  })

  it('are remembered by their thumbprint, whatever else the JWK says', () => {
    const proofKeys = createProofKeys()
    const first = proofKeys.find(jwk, jkt)
    expect(typeof first).toBe('object')
    for (const extra of [{ kid: 'a' }, { alg: 'ES256' }, { use: 'sig' }, { ext: true }, { e: 'AQAB', n: 'x' }]) {
      expect(proofKeys.find({ ...jwk, ...extra }, jkt)).toBe(first)
    }
  })

  it('D12: of another name are not imported, so that strangers push nobody out of the memory', async () => {
    const proofKeys = createProofKeys()
    const first = proofKeys.find(jwk, jkt)
    for (let count = 0; count < 2_000; count++) {
      // Each another name, none of it a key: it is refused by its name, before anything looks at its curve.
      const x = Buffer.alloc(32, count).fill(count >> 8, 0, 1)
      expect(proofKeys.find({ ...jwk, x: x.toString('base64url') }, jkt)).toBe('other')
    }
    expect(proofKeys.find(jwk, jkt)).toBe(first)
    expect(proofKeys.find(toPublicJwk(otherKey), jkt)).toBe('other')
  })

  it('are at most a thousand: the one used longest ago is imported again', () => {
    const proofKeys = createProofKeys()
    const first = proofKeys.find(jwk, jkt)
    const fill = (count: number) => {
      for (let index = 0; index < count; index++) {
        const { publicKey } = generateKeyPairSync('ed25519')
        const other = publicKey.export({ format: 'jwk' })
        proofKeys.find(other, toThumbprint(other as never) ?? '')
      }
    }
    fill(999)
    expect(proofKeys.find(jwk, jkt)).toBe(first)
    fill(1_000)
    expect(proofKeys.find(jwk, jkt)).not.toBe(first)
  })

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a list', [jwk]],
    ['a string', JSON.stringify(jwk)],
    ['a symmetric key', { kty: 'oct', k: 'AAAA' }],
    ['D6: a private key', clientKey.privateKey.export({ format: 'jwk' })],
    ['D6: a private member of no type', { ...jwk, d: null }],
    ['an encryption key', { ...jwk, use: 'enc' }],
    ['a key that may not verify', { ...jwk, key_ops: ['sign'] }],
    ['a kid that is no string', { ...jwk, kid: 1 }],
    ['an alg of another family', { ...jwk, alg: 'RS256' }],
    ['no y', { ...jwk, y: undefined }],
    ['a point off the curve', { ...jwk, y: jwk.x }],
    ['a coordinate that is too short', { ...jwk, x: jwk.x?.slice(0, -4) }],
    ['a coordinate in base64', { ...jwk, x: `${jwk.x?.slice(0, -2)}+/` }],
    ['a curve that is not taken', { ...jwk, crv: 'secp256k1' }],
    ['a point of small order', { ...RFC_8037, x: Buffer.alloc(32).toString('base64url') }],
    ['RSA with an exponent of 1', { ...RFC_7638, e: 'AQ' }],
    [
      'RSA with a modulus of 1,024 bits',
      generateKeyPairSync('rsa', { modulusLength: 1_024 }).publicKey.export({ format: 'jwk' }),
    ],
    ['RSA with a modulus of 8,200 bits', { ...RFC_7638, n: Buffer.alloc(1_025, 255).toString('base64url') }],
  ])('D4: are none for %s, although the token is bound to it', (_, given) => {
    const proofKeys = createProofKeys()
    const name = (given === null || typeof given !== 'object' ? undefined : toThumbprint(given as never)) ?? jkt
    // Twice: what was refused must not have been remembered.
    expect([proofKeys.find(given, name), proofKeys.find(given, name)]).toEqual(['unsound', 'unsound'])
  })

  it('D6: with their private half are refused, although the same key without it is remembered', () => {
    const proofKeys = createProofKeys()
    expect(typeof proofKeys.find(jwk, jkt)).toBe('object')
    expect(proofKeys.find({ ...jwk, d: 'AAAA' }, jkt)).toBe('unsound')
  })

  it('D12: spelt otherwise are other keys: stray trailing bits decode to the same point', () => {
    const proofKeys = createProofKeys()
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const x = jwk.x ?? ''
    const twin = alphabet
      .split('')
      .map((character) => x.slice(0, -1) + character)
      .find((text) => text !== x && Buffer.from(text, 'base64url').equals(Buffer.from(x, 'base64url')))
    expect(twin).toBeDefined()
    expect(proofKeys.find({ ...jwk, x: twin }, jkt)).toBe('other')
    expect(proofKeys.find({ ...jwk, x: `${x}=` }, jkt)).toBe('other')
  })
})
