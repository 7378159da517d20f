import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { createVerifier } from '@countersign/core'
import { createTestClock, createTestIssuer, createTestKey, testRuntime } from '@countersign/testing'
import { CompactEncrypt, exportJWK } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { AUDIENCE, claims, createParty, encode, ISSUER, NOW_SECONDS, reasonOf } from './party.js'
import type { Party } from './party.js'

let party: Party

beforeAll(async () => {
  party = await createParty(['ES256', 'RS256', 'EdDSA'])
})

const HEADER = { alg: 'ES256', kid: 'es256-1', typ: 'at+jwt' }

/** A verifier with a set of these keys, given as JWKs. */
function withKeys(...keys: readonly object[]): ReturnType<typeof createVerifier> {
  return party.verifier({ keys: { jwks: { keys } } })
}

describe('RFC 8725', () => {
  it('A1 takes the algorithms of an issuer and nothing else, and none never', async () => {
    const token = await party.issuer.token()
    const rsa = await party.issuer.token({}, { alg: 'RS256' })
    expect(await party.reason(token, { algorithms: ['ES256'] })).toBe('accepted')
    expect(await party.reason(rsa, { algorithms: ['ES256'] })).toBe('ERR_TOKEN_ALGORITHM')
    expect(await party.reason(token, {}, { algorithms: ['RS256'] })).toBe('ERR_TOKEN_ALGORITHM')
    expect(await party.reason(rsa, { algorithms: ['RS256'] }, { algorithms: ['ES256'] })).toBe('accepted')
  })

  it('A1 has no option that yields none, HMAC or an empty list', () => {
    for (const algorithms of [[], ['none'], ['HS256'], ['ES256', 'HS512'], ['ES256K'], ['*']]) {
      expect(() => party.verifier({ algorithms: algorithms as never })).toThrow('algorithms')
      expect(() => party.verifier({}, { algorithms: algorithms as never })).toThrow('algorithms')
    }
  })

  it('A1 refuses an HMAC with a public key as its secret, in every encoding of that key', async () => {
    const [own] = party.issuer.keys
    const jwk = own?.publicKey.export({ format: 'jwk' }) ?? {}
    for (const secret of [
      Buffer.from(own?.publicKey.export({ format: 'pem', type: 'spki' }) ?? ''),
      own?.publicKey.export({ format: 'der', type: 'spki' }) ?? Buffer.alloc(0),
      Buffer.from(JSON.stringify(jwk)),
      Buffer.from(String(jwk.x), 'base64url'),
      Buffer.alloc(0),
    ]) {
      const token = await party.issuer.token({}, { alg: 'HS256', key: secret, kid: 'es256-1' })
      expect(await party.reason(token)).toBe('ERR_TOKEN_ALGORITHM')
    }
  })

  it('A3 uses a key with its own algorithm alone, and with no algorithm of another family', async () => {
    const rsa = await createTestKey('RS256')
    const { alg: _, ...open } = rsa.publicJwk
    const sign = (alg: 'RS256' | 'PS256' | 'RS512'): Promise<string> =>
      party.issuer.token({}, { alg, key: { ...rsa, alg } })
    for (const alg of ['PS256', 'RS512'] as const) {
      expect(await reasonOf(withKeys(rsa.publicJwk).verify(await sign(alg)))).toBe('ERR_KEY_MISMATCH')
      expect(await reasonOf(withKeys(open).verify(await sign(alg)))).toBe('accepted')
    }
    expect(await reasonOf(withKeys(rsa.publicJwk).verify(await sign('RS256')))).toBe('accepted')
    const mismatched = { ...rsa.publicJwk, alg: 'ES256' }
    expect(() => withKeys(mismatched)).toThrow('no usable key')
  })

  it('A3 refuses a key of another curve than the algorithm has', async () => {
    const p384 = await createTestKey('ES384', { kid: 'es256-1' })
    expect(() => withKeys({ ...p384.publicJwk, alg: 'ES256' })).toThrow('no usable key')
    const { alg: _, ...open } = p384.publicJwk
    expect(await reasonOf(withKeys(open).verify(await party.issuer.token()))).toBe('ERR_KEY_MISMATCH')
  })

  it('A4 takes no key from the token, and fetches none for it', async () => {
    const forger = await createTestKey('ES256', { kid: 'es256-1' })
    const clock = createTestClock(NOW_SECONDS * 1_000)
    const issuer = await createTestIssuer({ issuer: ISSUER, clock })
    const runtime = testRuntime(issuer)
    const verifier = createVerifier({ audience: AUDIENCE, issuers: [ISSUER], runtime })
    await verifier.ready()
    for (const header of [
      { jwk: forger.publicJwk },
      { jku: 'https://evil.example/jwks' },
      { x5u: 'https://evil.example/cert.pem' },
      { x5c: [encode('certificate')] },
      { x5t: 'x', 'x5t#S256': 'y' },
      { jwk: forger.publicJwk, jku: 'http://169.254.169.254/', x5u: 'file:///etc/passwd', x5c: [] },
    ]) {
      expect(await reasonOf(verifier.verify(await issuer.token({}, { header, key: forger })))).toBe(
        'ERR_TOKEN_SIGNATURE',
      )
      expect(await reasonOf(verifier.verify(await issuer.token({}, { header })))).toBe('accepted')
    }
    expect([runtime.unexpected, issuer.requests.map(({ endpoint }) => endpoint)]).toEqual([[], ['discovery', 'jwks']])
    await verifier.close()
  })

  it('A5 looks a key up in the set of the issuer that the token names, and in no other', async () => {
    const clock = createTestClock(NOW_SECONDS * 1_000)
    const other = await createTestIssuer({ issuer: 'https://id.globex.example', clock })
    const verifier = createVerifier({
      audience: AUDIENCE,
      issuers: [
        { issuer: ISSUER, keys: { jwks: party.issuer.jwks } },
        { issuer: other.issuer, keys: { jwks: other.jwks } },
      ],
      runtime: clock,
    })
    expect(await reasonOf(verifier.verify(await other.token()))).toBe('accepted')
    expect(await reasonOf(verifier.verify(await other.token({ iss: ISSUER })))).toBe('ERR_TOKEN_SIGNATURE')
    expect(await reasonOf(verifier.verify(await party.issuer.token({ iss: other.issuer })))).toBe('ERR_TOKEN_SIGNATURE')
  })

  it('A6 drops RSA keys under 2,048 bits and with an even or tiny exponent', async () => {
    const weak = generateKeyPairSync('rsa', { modulusLength: 1_024 }).publicKey.export({ format: 'jwk' })
    const sound = generateKeyPairSync('rsa', { modulusLength: 2_048 }).publicKey.export({ format: 'jwk' })
    for (const jwk of [
      weak,
      { ...sound, e: 'AQ' },
      { ...sound, e: 'Ag' },
      { ...sound, e: 'AA' },
      { ...sound, e: 'AQAAAAE' },
      { ...sound, n: 'AQAB' },
    ]) {
      expect(() => withKeys(jwk)).toThrow('no usable key')
    }
    expect(() => withKeys(sound)).not.toThrow()
  })

  it('A6 drops points that are not on their curve, and Ed25519 points of small order', () => {
    const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })
    const zero = Buffer.alloc(32).toString('base64url')
    for (const jwk of [
      { ...p256, y: p256.x },
      { ...p256, x: zero, y: zero },
      { ...p256, crv: 'secp256k1' },
      { kty: 'OKP', crv: 'Ed25519', x: zero },
      { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(`01${'00'.repeat(31)}`, 'hex').toString('base64url') },
      { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(`ec${'ff'.repeat(30)}7f`, 'hex').toString('base64url') },
    ]) {
      expect(() => withKeys(jwk)).toThrow('no usable key')
    }
  })

  it('A7 respects use and key_ops, and skips keys of a set that it does not know', async () => {
    const [own] = party.issuer.jwks.keys
    const token = await party.issuer.token()
    for (const change of [
      { use: 'enc' },
      { use: 1 },
      { use: undefined, key_ops: ['sign'] },
      { use: undefined, key_ops: [] },
      { use: undefined, key_ops: 'verify' },
    ]) {
      expect(() => withKeys({ ...own, ...change })).toThrow('no usable key')
    }
    const strangers = [
      { kty: 'AKP', alg: 'ML-DSA-44', pub: 'x' },
      { kty: 'EC', crv: 'P-999' },
      null,
      'key',
      {},
      { kty: 'RSA' },
    ]
    expect(
      await reasonOf(
        withKeys(...(strangers.filter((jwk) => typeof jwk === 'object' && jwk !== null) as object[]), {
          ...own,
          key_ops: ['verify'],
        }).verify(token),
      ),
    ).toBe('accepted')
  })

  it('A8 takes kid for a name inside one set: no path, no query, no prototype', async () => {
    for (const kid of [
      '../../../dev/null',
      '/etc/passwd',
      "' UNION SELECT 'x'--",
      '__proto__',
      'constructor',
      'toString',
      '0',
      '',
      'es256-1\0',
      'ES256-1',
      '{"$ne":""}',
      'https://evil.example/jwks',
    ]) {
      expect(await party.reason(await party.issuer.token({}, { kid }))).toBe('ERR_KEY_NOT_FOUND')
    }
    for (const kid of [null, 1, {}, ['es256-1'], true]) {
      expect(await party.reason(await party.issuer.token({}, { header: { kid } }))).toBe('ERR_TOKEN_HEADER')
    }
  })

  it('A9 knows Ed25519 under both of its names, each as the configuration allows', async () => {
    const { alg: _, ...open } = (await createTestKey('EdDSA')).publicJwk
    const pair = generateKeyPairSync('ed25519')
    const jwk = { ...pair.publicKey.export({ format: 'jwk' }), kid: 'ed' }
    expect(Object.keys(open)).not.toContain('alg')
    for (const alg of ['EdDSA', 'Ed25519'] as const) {
      const token = await party.issuer.token({}, { alg, key: pair.privateKey, kid: 'ed' })
      expect(await reasonOf(withKeys(jwk).verify(token))).toBe('accepted')
      expect(await party.reason(token, { keys: { jwks: { keys: [jwk] } }, algorithms: [alg] })).toBe('accepted')
      const other = alg === 'EdDSA' ? 'Ed25519' : 'EdDSA'
      expect(await party.reason(token, { keys: { jwks: { keys: [jwk] } }, algorithms: [other] })).toBe(
        'ERR_TOKEN_ALGORITHM',
      )
      expect(await reasonOf(withKeys({ ...jwk, alg: other }).verify(token))).toBe('ERR_KEY_MISMATCH')
    }
    const ed448 = await createTestKey('Ed448')
    expect(await party.reason(await party.issuer.token({}, { alg: 'Ed448', key: ed448 }))).toBe('ERR_TOKEN_ALGORITHM')
  })

  it('A10 drops symmetric and private keys of a public set', async () => {
    const [own] = party.issuer.jwks.keys
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    for (const jwk of [
      { kty: 'oct', k: encode('x'.repeat(32)) },
      { kty: 'oct', k: encode('x'.repeat(32)), kid: 'es256-1', alg: 'ES256' },
      { ...pair.privateKey.export({ format: 'jwk' }), alg: 'ES256' },
    ]) {
      expect(() => withKeys(jwk)).toThrow('no usable key')
      expect(await reasonOf(withKeys(jwk, own ?? {}).verify(await party.issuer.token()))).toBe('accepted')
    }
  })

  it('T5 refuses b64 of false, which a JWT may not have', async () => {
    for (const header of [{ b64: false }, { b64: false, crit: ['b64'] }, { b64: 'false' }, { b64: null }]) {
      expect(await party.reason(await party.issuer.token({}, { header }))).toBe('ERR_TOKEN_CRITICAL')
    }
  })

  it('T6 refuses a JWE where a JWS is due, undecoded: what is encrypted is not thereby signed', async () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
    const inner = await party.issuer.token()
    for (const content of [inner, JSON.stringify(claims()), `${encode({ alg: 'none' })}.${encode(claims())}.`]) {
      const jwe = await new CompactEncrypt(Buffer.from(content))
        .setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM', cty: 'JWT' })
        .encrypt(publicKey)
      expect(jwe.split('.')).toHaveLength(5)
      expect(await party.reason(jwe)).toBe('ERR_TOKEN_ENCRYPTED')
    }
    expect(await party.reason('!.!.!.!.!')).toBe('ERR_TOKEN_ENCRYPTED')
  })

  it('T6 refuses a JWS whose header speaks of encryption', async () => {
    for (const header of [{ enc: 'A256GCM' }, { alg: 'ES256', epk: {} }]) {
      expect(await party.reason(await party.issuer.token({}, { header }))).toBe('ERR_TOKEN_ENCRYPTED')
    }
  })

  it('T7 refuses p2c and zip before anything is derived or inflated', async () => {
    for (const header of [
      { zip: 'DEF' },
      { p2c: 2_147_483_647 },
      { p2s: 'x' },
      { zip: 'DEF', enc: 'A256GCM', p2c: 1 },
    ]) {
      expect(await party.reason(await party.issuer.token({}, { header }))).toBe('ERR_TOKEN_ENCRYPTED')
    }
  })

  it('T7 counts bytes, depth and members before it decodes and parses', async () => {
    expect(await party.reason('.'.repeat(100_000))).toBe('ERR_TOKEN_TOO_LARGE')
    expect(await party.reason(await party.issuer.token({ pad: 'x'.repeat(8_192) }))).toBe('ERR_TOKEN_TOO_LARGE')
    expect(await party.reason(await party.issuer.token({}, { header: { pad: 'x'.repeat(2_048) } }))).toBe(
      'ERR_TOKEN_TOO_LARGE',
    )
    const deep = `{"x":${'['.repeat(2_000)}${']'.repeat(2_000)}}`
    expect(await party.reason(await party.issuer.signRaw({ header: HEADER, payload: deep }))).toBe('ERR_TOKEN_JSON')
    const wide = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`m${index}`, 0]))
    expect(await party.reason(await party.issuer.token(wide))).toBe('ERR_TOKEN_JSON')
  })

  it('C11 refuses tokens of every other kind, by their typ', async () => {
    for (const typ of [
      'dpop+jwt',
      'logout+jwt',
      'entity-statement+jwt',
      'secevent+jwt',
      'token-introspection+jwt',
      'client-authentication+jwt',
      'oauth-authz-req+jwt',
      'trust-mark+jwt',
      'kb+jwt',
      'x',
    ]) {
      expect(await party.reason(await party.issuer.token({}, { typ }))).toBe('ERR_TOKEN_TYPE')
    }
  })

  it('C11 refuses ID tokens, logout tokens and security events by their claims', async () => {
    for (const changes of [
      { nonce: 'n' },
      { at_hash: 'h' },
      { c_hash: 'h' },
      { events: {} },
      { token_use: 'id' },
      { typ: 'ID' },
      { typ: 'Logout' },
      { typ: 'Refresh' },
    ]) {
      expect(await party.reason(await party.issuer.token(changes, { typ: 'JWT' }))).toBe('ERR_TOKEN_TYPE')
    }
  })

  it('C11 takes ID tokens only where the configuration says so, and then nothing else', async () => {
    const idToken = { tokenProfile: 'id-token', clientIds: ['web'] } as const
    const token = await party.issuer.token({ aud: 'web', nonce: 'n', at_hash: 'h' }, { typ: 'JWT' })
    expect(await party.reason(token, idToken)).toBe('accepted')
    expect(await party.reason(token)).toBe('ERR_TOKEN_TYPE')
    expect(await party.reason(await party.issuer.token({ aud: 'web' }), idToken)).toBe('ERR_TOKEN_TYPE')
    expect(await party.reason(await party.issuer.token({ aud: 'web', events: {} }, { typ: null }), idToken)).toBe(
      'ERR_TOKEN_TYPE',
    )
    expect(await party.reason(await party.issuer.token({ aud: 'other' }, { typ: 'JWT' }), idToken)).toBe(
      'ERR_TOKEN_AUDIENCE',
    )
  })

  it('§3.2 imports keys as typed objects: what merely reads like one is dropped', async () => {
    const key = await exportJWK(
      createPublicKey(party.issuer.keys[0]?.publicKey.export({ format: 'pem', type: 'spki' }) ?? ''),
    )
    const pem = party.issuer.keys[0]?.publicKey.export({ format: 'pem', type: 'spki' })
    for (const jwk of [
      { pem },
      { kty: 'EC', x5c: [pem] },
      { ...key, kty: 'RSA' },
      { ...key, kty: 'ec' },
      { ...key, x: 1 },
    ]) {
      expect(() => withKeys(jwk)).toThrow('no usable key')
    }
  })

  it('§3.8 refuses an issuer that is not trusted before anything is fetched', async () => {
    const clock = createTestClock(NOW_SECONDS * 1_000)
    const stranger = await createTestIssuer({ issuer: 'https://evil.example', clock })
    const trusted = await createTestIssuer({ issuer: ISSUER, clock })
    const runtime = testRuntime(trusted, stranger)
    const verifier = createVerifier({ audience: AUDIENCE, issuers: [ISSUER], runtime })
    expect(await reasonOf(verifier.verify(await stranger.token()))).toBe('ERR_ISSUER_UNTRUSTED')
    expect([stranger.requests, trusted.requests, runtime.unexpected]).toEqual([[], [], []])
    await verifier.close()
  })

  it('§3.9 demands an audience at construction, and a token that names it', async () => {
    expect(() => createVerifier({ issuers: [ISSUER] } as never)).toThrow('Option "audience"')
    expect(await party.reason(await party.issuer.token({ aud: undefined }))).toBe('ERR_TOKEN_AUDIENCE')
  })
})
