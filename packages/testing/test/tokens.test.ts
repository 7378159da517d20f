import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import { createTestClock, createTestIssuer, createTestKey } from '../src/index.js'
import type { TestAlgorithm } from '../src/index.js'

const NAME = 'https://login.acme.example'
const ALGORITHMS: readonly TestAlgorithm[] = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'Ed25519',
  'EdDSA',
]

describe('token', () => {
  it('is an access token of RFC 9068 that jose verifies', async () => {
    const clock = createTestClock(1_800_000_000_000)
    const issuer = await createTestIssuer({ issuer: NAME, clock })
    const token = await issuer.token({ scope: 'orders:read' })
    const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(issuer.jwks), {
      issuer: NAME,
      audience: 'https://api.example.com',
      typ: 'at+jwt',
      currentDate: new Date(clock.now()),
    })
    expect(protectedHeader).toEqual({ alg: 'ES256', kid: 'es256-1', typ: 'at+jwt' })
    expect(payload).toEqual({
      iss: NAME,
      sub: 'user-1',
      client_id: 'client-1',
      aud: 'https://api.example.com',
      iat: 1_800_000_000,
      exp: 1_800_000_300,
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      scope: 'orders:read',
    })
  })

  it('is signed by each algorithm, with a key that the set names', async () => {
    const issuer = await createTestIssuer({ issuer: NAME, algorithms: ALGORITHMS })
    const keySet = createLocalJWKSet(issuer.jwks)
    for (const alg of ALGORITHMS) {
      const { protectedHeader } = await jwtVerify(await issuer.token({}, { alg }), keySet)
      expect(protectedHeader).toEqual({ alg, kid: `${alg.toLowerCase()}-1`, typ: 'at+jwt' })
    }
    expect(decodeProtectedHeader(await issuer.token()).alg).toBe('RS256')
  })

  it('leaves out a claim given as undefined and takes any other as it is', async () => {
    const issuer = await createTestIssuer({ issuer: NAME, audience: ['https://a.example', 'https://b.example'] })
    const claims = decodeJwt(await issuer.token({ sub: undefined, exp: 'soon', iss: null }))
    expect(claims).not.toHaveProperty('sub')
    expect(claims).toMatchObject({ exp: 'soon', iss: null, aud: ['https://a.example', 'https://b.example'] })
  })

  it('has the header that was asked for', async () => {
    const issuer = await createTestIssuer({ issuer: NAME })
    expect(decodeProtectedHeader(await issuer.token({}, { kid: null, typ: null }))).toEqual({ alg: 'ES256' })
    const header = { crit: ['b64'], b64: false, alg: undefined }
    const token = await issuer.token({}, { kid: 'unheard-of', typ: 'JWT', header })
    expect(JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString())).toEqual({
      kid: 'unheard-of',
      typ: 'JWT',
      crit: ['b64'],
      b64: false,
    })
  })

  it('that has expired was issued before it expired', async () => {
    const issuer = await createTestIssuer({ issuer: NAME, clock: createTestClock(1_800_000_000_000) })
    const claims = decodeJwt(await issuer.token({}, { expiresInSeconds: -10 }))
    expect(claims).toMatchObject({ iat: 1_799_999_690, exp: 1_799_999_990 })
  })

  it("is forged with a stranger's key under the issuer's key name", async () => {
    const issuer = await createTestIssuer({ issuer: NAME })
    const stranger = await createTestKey('ES256')
    expect(decodeProtectedHeader(await issuer.token({}, { key: stranger })).kid).toBe(stranger.kid)
    const forged = await issuer.token({}, { key: stranger, kid: 'es256-1' })
    expect(decodeProtectedHeader(forged).kid).toBe('es256-1')
    await expect(jwtVerify(forged, createLocalJWKSet(issuer.jwks))).rejects.toThrow('signature verification failed')
  })

  it('is unsigned, or signed with a secret, where that is asked for', async () => {
    const issuer = await createTestIssuer({ issuer: NAME })
    expect(await issuer.token({}, { alg: 'none' })).toMatch(/^[\w-]+\.[\w-]+\.$/)
    const secret = new TextEncoder().encode('a secret of at least thirty-two bytes')
    const { protectedHeader } = await jwtVerify(await issuer.token({}, { alg: 'HS256', key: secret }), secret)
    expect(protectedHeader).toEqual({ alg: 'HS256', kid: 'es256-1', typ: 'at+jwt' })
    await expect(issuer.token({}, { alg: 'HS256' })).rejects.toThrow('HS256 signs with a secret')
  })

  it('is not signed where an option is misspelt, or is no lifetime: it would pass for another token', async () => {
    const issuer = await createTestIssuer({ issuer: NAME })
    const names = 'the options there are: alg, key, kid, typ, header, expiresInSeconds'
    for (const options of [{ expiresIn: 60 }, { constructor: 1 }, { aud: 'another' }]) {
      const [name = ''] = Object.keys(options)
      await expect(issuer.token({}, options as never)).rejects.toThrow(
        new TypeError(`token() knows no option ${JSON.stringify(name)}; ${names}`),
      )
    }
    for (const expiresInSeconds of ['60', null, Number.NaN, Number.POSITIVE_INFINITY, {}, true, 60n]) {
      await expect(issuer.token({}, { expiresInSeconds: expiresInSeconds as never })).rejects.toThrow(
        /^expiresInSeconds wants a finite number, got ./,
      )
    }
    for (const options of [60, 'ES256', null, ['ES256']]) {
      await expect(issuer.token({}, options as never)).rejects.toThrow(
        /^token\(\) wants its options as an object, got ./,
      )
    }
    expect(await issuer.token({}, { expiresInSeconds: undefined, kid: undefined })).toMatch(/\./)
  })

  it('says which keys there are where the one asked for is missing', async () => {
    const issuer = await createTestIssuer({ issuer: NAME })
    await expect(issuer.token({}, { alg: 'RS256' })).rejects.toThrow('no key for RS256; it has es256-1')
    await expect((await createTestIssuer()).token()).rejects.toThrow('This issuer has no name yet')
  })
})

describe('signRaw', () => {
  it('signs duplicate members and broken JSON as they are given', async () => {
    const issuer = await createTestIssuer({ issuer: NAME })
    const header = '{"alg":"ES256","alg":"none","kid":"es256-1"}'
    const [first, second, signature] = (await issuer.signRaw({ header, payload: '{"iss":' })).split('.')
    expect(Buffer.from(first ?? '', 'base64url').toString()).toBe(header)
    expect(Buffer.from(second ?? '', 'base64url').toString()).toBe('{"iss":')
    expect(Buffer.from(signature ?? '', 'base64url')).toHaveLength(64)
  })

  it('signs objects and bytes so that jose verifies them', async () => {
    const issuer = await createTestIssuer({ issuer: NAME, algorithms: ['ES256', 'RS256'] })
    const payload = new TextEncoder().encode('{"sub":"bytes"}')
    const token = await issuer.signRaw({ header: { alg: 'RS256' }, payload, alg: 'RS256' })
    const verified = await jwtVerify(token, createLocalJWKSet(issuer.jwks))
    expect(verified.payload).toEqual({ sub: 'bytes' })
  })
})

describe('signEncoded', () => {
  it('signs segments that are no canonical base64url', async () => {
    const issuer = await createTestIssuer({ issuer: NAME })
    const token = await issuer.signEncoded('e30=.e31')
    expect(token).toMatch(/^e30=\.e31\.[\w-]{86}$/)
  })
})
