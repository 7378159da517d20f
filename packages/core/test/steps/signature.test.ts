import { createPublicKey, sign } from 'node:crypto'
import { createTestIssuer, createTestKey } from '@countersign/testing'
import type { TestAlgorithm } from '@countersign/testing'
import { describe, expect, it } from 'vitest'
import { ALGORITHMS } from '../../src/algorithms.js'
import type { AlgorithmName } from '../../src/algorithms.js'
import type { VerificationKey } from '../../src/ports.js'
import { decode } from '../../src/steps/decode.js'
import { verifySignature } from '../../src/steps/signature.js'
import { encode, key, LIMITS, toCredentials, toSigned, toText } from '../parts.js'
import { errorOf, reasonOf } from '../refusals.js'

const FAMILIES: Readonly<Record<TestAlgorithm, VerificationKey['family']>> = {
  RS256: 'RSA',
  RS384: 'RSA',
  RS512: 'RSA',
  PS256: 'RSA',
  PS384: 'RSA',
  PS512: 'RSA',
  ES256: 'P-256',
  ES384: 'P-384',
  ES512: 'P-521',
  Ed25519: 'Ed25519',
  EdDSA: 'Ed25519',
}

const own: VerificationKey = { kid: 'k1', family: 'P-256', algorithm: 'ES256', keyObject: key.publicKey }

function verifyToken(token: string, keys: readonly VerificationKey[] = [own]): ReturnType<typeof verifySignature> {
  return verifySignature(decode(toCredentials(token), { limits: LIMITS }), keys)
}

function reason(token: string, keys?: readonly VerificationKey[]): string {
  return reasonOf(() => verifyToken(token, keys))
}

describe('verifySignature', () => {
  it('gives what was signed, with the key that signed it', () => {
    const verified = verifyToken(toSigned({ iss: 'x', sub: 'user-1' }))
    expect(verified.payload).toEqual({ iss: 'x', sub: 'user-1' })
    expect(verified.key).toBe(own)
    expect(verified.header.kid).toBe('k1')
  })

  it.each(Object.keys(FAMILIES) as TestAlgorithm[])(
    'verifies %s, and refuses each byte of it that is changed',
    async (alg) => {
      const issuer = await createTestIssuer({ issuer: 'https://a.example', algorithms: [alg] })
      const [signing] = issuer.keys
      if (signing === undefined) throw new Error('There is no key')
      const keys = [{ kid: undefined, family: FAMILIES[alg], algorithm: undefined, keyObject: signing.publicKey }]
      const token = await issuer.token()
      expect(reason(token, keys)).toBe('accepted')
      const at = token.lastIndexOf('.') + 1
      const signature = Buffer.from(token.slice(at), 'base64url')
      for (const index of [0, 1, signature.length >> 1, signature.length - 1]) {
        const changed = Buffer.from(signature)
        changed[index] = (changed[index] ?? 0) ^ 1
        expect(reason(token.slice(0, at) + encode(changed), keys)).toBe('ERR_TOKEN_SIGNATURE')
      }
      for (const length of [1, signature.length - 1, signature.length + 1, signature.length * 2]) {
        const cut = Buffer.concat([signature, signature]).subarray(0, length)
        expect(reason(token.slice(0, at) + encode(cut), keys)).toBe('ERR_TOKEN_SIGNATURE')
      }
    },
  )

  it('refuses a token whose header or payload was exchanged after it was signed', () => {
    const [header, payload, signature] = toSigned({ iss: 'x', sub: 'me' }).split('.') as [string, string, string]
    expect(reason(`${header}.${payload}.${signature}`)).toBe('accepted')
    expect(reason(`${header}.${encode({ iss: 'x', sub: 'you' })}.${signature}`)).toBe('ERR_TOKEN_SIGNATURE')
    expect(reason(`${encode({ alg: 'ES256' })}.${payload}.${signature}`)).toBe('ERR_TOKEN_SIGNATURE')
  })

  it('tries each candidate in turn', async () => {
    const other = await createTestKey('ES256')
    const stranger: VerificationKey = {
      kid: undefined,
      family: 'P-256',
      algorithm: undefined,
      keyObject: other.publicKey,
    }
    expect(verifyToken(toSigned({ iss: 'x' }), [stranger, own]).key).toBe(own)
    expect(reason(toSigned({ iss: 'x' }), [stranger, stranger])).toBe('ERR_TOKEN_SIGNATURE')
    expect(reason(toSigned({ iss: 'x' }), [])).toBe('ERR_TOKEN_SIGNATURE')
  })

  it('uses a key with no algorithm but its own, whatever the source of keys hands out', async () => {
    const rsa = await createTestKey('RS256')
    const input = `${encode({ alg: 'RS256' })}.${encode({ iss: 'x' })}`
    const token = `${input}.${encode(sign('sha256', Buffer.from(input), rsa.privateKey))}`
    const candidate = (algorithm: AlgorithmName | undefined, family: VerificationKey['family']): VerificationKey => ({
      kid: undefined,
      family,
      algorithm,
      keyObject: rsa.publicKey,
    })
    expect(reason(token, [candidate('RS256', 'RSA')])).toBe('accepted')
    expect(reason(token, [candidate(undefined, 'RSA')])).toBe('accepted')
    expect(reason(token, [candidate('PS256', 'RSA')])).toBe('ERR_TOKEN_SIGNATURE')
    expect(reason(token, [candidate(undefined, 'P-256')])).toBe('ERR_TOKEN_SIGNATURE')
    expect(reason(token, [candidate(undefined, 'Ed25519')])).toBe('ERR_TOKEN_SIGNATURE')
  })

  it('refuses an ECDSA signature in DER: JOSE has R and S side by side', () => {
    const input = `${encode({ alg: 'ES256' })}.${encode({ iss: 'x' })}`
    const der = sign('sha256', Buffer.from(input), key.privateKey)
    expect(reason(`${input}.${encode(der)}`)).toBe('ERR_TOKEN_SIGNATURE')
  })

  it.each([
    ['R and S of zero', Buffer.alloc(64)],
    ['R of zero', Buffer.concat([Buffer.alloc(32), Buffer.alloc(32, 1)])],
    ['S of zero', Buffer.concat([Buffer.alloc(32, 1), Buffer.alloc(32)])],
    ['R and S beyond the order', Buffer.alloc(64, 0xff)],
  ])('refuses an ES256 signature with %s', (_, signature) => {
    expect(reason(toText({ alg: 'ES256' }, { iss: 'x' }, encode(signature)))).toBe('ERR_TOKEN_SIGNATURE')
  })

  it('verifies ES256 with R or S that begin with zeros or a high bit', () => {
    let short = 0
    for (let round = 0; round < 600 && short < 3; round++) {
      const token = toSigned({ iss: 'x', round })
      const signature = Buffer.from(token.slice(token.lastIndexOf('.') + 1), 'base64url')
      if (signature[0] === 0 || signature[32] === 0) short++
      expect(reason(token)).toBe('accepted')
    }
    expect(short).toBeGreaterThan(0)
  })

  it('counts a key that cannot be used as one that did not sign', () => {
    const broken: VerificationKey = {
      kid: undefined,
      family: 'P-256',
      algorithm: undefined,
      get keyObject() {
        return createPublicKey({ key: { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' }, format: 'jwk' })
      },
    }
    expect(reason(toSigned({ iss: 'x' }), [broken])).toBe('ERR_TOKEN_SIGNATURE')
    expect(reason(toSigned({ iss: 'x' }), [broken, own])).toBe('accepted')
  })

  it('says nothing of what went wrong', () => {
    const error = errorOf(() => verifyToken(toText({ alg: 'ES256' }, { iss: 'x' })))
    expect({ detail: error.detail, cause: error.cause }).toEqual({ detail: undefined, cause: undefined })
  })

  it('knows an implementation for every name of the table', () => {
    expect([...ALGORITHMS].map(([name, algorithm]) => [name, algorithm.family])).toEqual(Object.entries(FAMILIES))
  })
})
