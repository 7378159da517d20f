import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import { createTestIssuer, createTestKey } from '../src/index.js'
import type { TestIssuer } from '../src/index.js'

const NAME = 'https://login.acme.example'

function toKids(issuer: TestIssuer): readonly (string | undefined)[] {
  return issuer.jwks.keys.map((key) => key.kid)
}

function verifyNow(issuer: TestIssuer, token: string): Promise<unknown> {
  return jwtVerify(token, createLocalJWKSet(issuer.jwks))
}

describe('rotate', () => {
  it('signs with the new key and keeps the old one in the set', async () => {
    const issuer = await createTestIssuer({ issuer: NAME })
    const old = await issuer.token()
    const made = await issuer.rotate()
    expect(made.map((key) => key.kid)).toEqual(['es256-2'])
    expect(toKids(issuer)).toEqual(['es256-1', 'es256-2'])
    const token = await issuer.token()
    expect(decodeProtectedHeader(token).kid).toBe('es256-2')
    await verifyNow(issuer, token)
    await verifyNow(issuer, old)
  })

  it('drops every old key where it is told to, abruptly', async () => {
    const issuer = await createTestIssuer({ issuer: NAME })
    const old = await issuer.token()
    await issuer.rotate({ keep: false, algorithms: ['RS256', 'Ed25519'] })
    expect(toKids(issuer)).toEqual(['rs256-2', 'ed25519-2'])
    await expect(verifyNow(issuer, old)).rejects.toThrow('no applicable key found')
    expect(decodeProtectedHeader(await issuer.token()).alg).toBe('RS256')
  })
})

describe('withdraw', () => {
  it('takes a key out of the set, which then signs only by name', async () => {
    const issuer = await createTestIssuer({ issuer: NAME })
    await issuer.rotate()
    issuer.withdraw('es256-2')
    expect(toKids(issuer)).toEqual(['es256-1'])
    expect(decodeProtectedHeader(await issuer.token()).kid).toBe('es256-1')
    const withdrawn = await issuer.token({}, { kid: 'es256-2' })
    await expect(verifyNow(issuer, withdrawn)).rejects.toThrow('no applicable key found')
    expect(() => issuer.withdraw('es256-2')).toThrow('No published key is named "es256-2"; there are es256-1')
  })
})

describe('publish', () => {
  it('adds an entry as it is given: a foreign key, a broken one, a second of the same name', async () => {
    const issuer = await createTestIssuer({ issuer: NAME })
    const next = await createTestKey('ES384')
    const early = await issuer.token({}, { key: next })
    await expect(verifyNow(issuer, early)).rejects.toThrow('no applicable key found')
    issuer.publish(next.publicJwk)
    await verifyNow(issuer, early)
    const broken = { kty: 'RSA', kid: 'es256-1', n: 'AA', e: 3 }
    issuer.publish(broken)
    expect(issuer.jwks.keys.at(-1)).toEqual(broken)
    expect(toKids(issuer)).toEqual(['es256-1', next.kid, 'es256-1'])
  })
})

describe('jwks', () => {
  it('is public, and a copy', async () => {
    const issuer = await createTestIssuer({ issuer: NAME, algorithms: ['RS256'] })
    const set = issuer.jwks
    expect(Object.keys(set.keys[0] ?? {}).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use'])
    set.keys.pop()
    expect(issuer.jwks.keys).toHaveLength(1)
  })
})

describe('createTestKey', () => {
  it('makes keys that a verifier must refuse', async () => {
    expect(
      Buffer.from((await createTestKey('RS256', { modulusLength: 1024 })).publicJwk.n ?? '', 'base64url'),
    ).toHaveLength(128)
    expect((await createTestKey('ES256K')).publicJwk).toMatchObject({ kty: 'EC', crv: 'secp256k1' })
    expect((await createTestKey('Ed448', { kid: 'wide' })).publicJwk).toMatchObject({ crv: 'Ed448', kid: 'wide' })
    await expect(createTestKey('HS256')).rejects.toThrow('HS256 takes no key pair')
  })
})
