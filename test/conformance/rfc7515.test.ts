import { createTestKey } from '@countersign/testing'
import type { TestAlgorithm } from '@countersign/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { claims, createParty, encode } from './party.js'
import type { Party } from './party.js'

let party: Party

beforeAll(async () => {
  party = await createParty()
})

/** A token whose segments are changed after or before it is signed. */
async function withSegments(change: (segments: [string, string, string]) => readonly string[]): Promise<string> {
  return change((await party.issuer.token()).split('.') as [string, string, string]).join('.')
}

function signHeader(header: object | string): Promise<string> {
  return party.issuer.signRaw({ header, payload: claims(), alg: 'ES256' })
}

const HEADER = { alg: 'ES256', kid: 'es256-1', typ: 'at+jwt' }

describe('RFC 7515', () => {
  it('T1 takes the compact form of three segments', async () => {
    expect(await party.reason(await party.issuer.token())).toBe('accepted')
  })

  it('T1 refuses any other number of segments', async () => {
    for (const change of [
      ([a, b]) => [a, b],
      ([a]) => [a],
      ([a, b]) => [a, b, ''],
      ([a, b, c]) => ['', a, b, c],
      ([a, b, c]) => [a, b, c, ''],
      ([a, b, c]) => [a, b, c, c],
      ([a, , c]) => [a, '', c],
    ] as ((segments: [string, string, string]) => readonly string[])[]) {
      expect(await party.reason(await withSegments(change))).toBe('ERR_TOKEN_MALFORMED')
    }
  })

  it('T1 refuses the JSON forms', async () => {
    const [protectedHeader, payload, signature] = (await party.issuer.token()).split('.')
    const flattened = JSON.stringify({ protected: protectedHeader, payload, signature })
    const general = JSON.stringify({ payload, signatures: [{ protected: protectedHeader, signature }] })
    for (const json of [flattened, general]) {
      expect(await party.reason(json)).toBe('ERR_TOKEN_MALFORMED')
      expect(await party.reason(Buffer.from(json).toString('base64url'))).toBe('ERR_TOKEN_MALFORMED')
    }
  })

  it('T1 refuses any character beside letters, digits, hyphen and underscore in a segment', async () => {
    for (const character of ['+', '/', '=', ' ', '\n', '\r', '\t', '\0', '~', '%', '!', 'é', '𝒜', '\u200b', '\ufeff']) {
      for (const position of [0, 1, 2]) {
        const token = await withSegments((segments) =>
          segments.map((part, index) => (index === position ? part + character : part)),
        )
        expect(await party.reason(token)).toBe('ERR_TOKEN_ENCODING')
      }
    }
  })

  it('T2 refuses padding', async () => {
    expect(await party.reason(await withSegments(([a, b, c]) => [`${a}==`, b, c]))).toBe('ERR_TOKEN_ENCODING')
    expect(await party.reason(await withSegments(([a, b, c]) => [a, `${b}=`, c]))).toBe('ERR_TOKEN_ENCODING')
    expect(await party.reason(await withSegments(([a, b, c]) => [a, b, `${c}==`]))).toBe('ERR_TOKEN_ENCODING')
  })

  it('T2 refuses a second spelling of the same bytes, even one that the issuer signed', async () => {
    const token = await party.issuer.token()
    // 64 bytes leave four bits of the last character over, which a lenient decoder drops.
    const last = token.at(-1) ?? ''
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const other = alphabet[alphabet.indexOf(last) + 1] ?? ''
    expect(Buffer.from(token.slice(0, -1) + other, 'base64url')).toEqual(Buffer.from(token, 'base64url'))
    expect(await party.reason(token.slice(0, -1) + other)).toBe('ERR_TOKEN_ENCODING')
    const padded = await party.issuer.signEncoded(`${encode(HEADER)}.${encode(claims())}=`)
    expect(await party.reason(padded)).toBe('ERR_TOKEN_ENCODING')
  })

  it('T3 refuses a header that is no JSON object in UTF-8, although it is signed', async () => {
    for (const header of [
      '[]',
      '"ES256"',
      'null',
      '{"alg":"ES256"',
      '{alg:"ES256"}',
      Buffer.from([0x7b, 0x80, 0x7d]),
      '\ufeff{"alg":"ES256"}',
    ]) {
      expect(await party.reason(await signHeader(header))).toBe('ERR_TOKEN_JSON')
    }
  })

  it('T3 refuses a header with a member twice, spelled alike or by an escape', async () => {
    for (const header of [
      '{"alg":"ES256","alg":"ES256"}',
      '{"alg":"none","alg":"ES256"}',
      '{"alg":"ES256","\\u0061lg":"none"}',
      '{"alg":"ES256","x":{"y":1,"y":2}}',
    ]) {
      expect(await party.reason(await signHeader(header))).toBe('ERR_TOKEN_JSON')
    }
  })

  it('T4 refuses crit, whatever it lists, because no extension is understood', async () => {
    for (const crit of [
      ['exp'],
      ['b64'],
      ['http://example.com/UNDEFINED'],
      ['alg'],
      ['crit'],
      ['kid'],
      [],
      [''],
      ['exp', 'exp'],
      [1],
      'exp',
      null,
      {},
      false,
    ]) {
      const members = { ...HEADER, crit, exp: 1, 'http://example.com/UNDEFINED': true }
      expect(await party.reason(await signHeader(members))).toBe('ERR_TOKEN_CRITICAL')
    }
  })

  it.each<TestAlgorithm>([
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
  ])(
    '§5.2 verifies %s, and refuses it once a bit of the signature, the header or the payload has changed',
    async (alg) => {
      const own = await createParty([alg])
      const token = await own.issuer.token()
      expect(await own.reason(token)).toBe('accepted')
      const [header, payload, signature] = token.split('.') as [string, string, string]
      const flipped = Buffer.from(signature, 'base64url')
      flipped[3] = (flipped[3] ?? 0) ^ 1
      expect(await own.reason(`${header}.${payload}.${encode(flipped)}`)).toBe('ERR_TOKEN_SIGNATURE')
      expect(await own.reason(`${header}.${encode(claims({ sub: 'admin' }))}.${signature}`)).toBe('ERR_TOKEN_SIGNATURE')
      const other = encode({ ...(JSON.parse(Buffer.from(header, 'base64url').toString()) as object), x: 1 })
      expect(await own.reason(`${other}.${payload}.${signature}`)).toBe('ERR_TOKEN_SIGNATURE')
    },
  )

  it('A2 compares algorithm names exactly, case included', async () => {
    for (const alg of ['es256', 'Es256', 'ES256 ', ' ES256', 'ES-256', 'ＥＳ２５６', 'ES256\0', 'SHA256withECDSA']) {
      expect(await party.reason(await signHeader({ ...HEADER, alg }))).toBe('ERR_TOKEN_ALGORITHM')
    }
  })

  it('A2 refuses a header whose alg is no string', async () => {
    for (const alg of [undefined, null, 1, ['ES256'], { name: 'ES256' }, true]) {
      expect(await party.reason(await signHeader({ ...HEADER, alg }))).toBe('ERR_TOKEN_HEADER')
    }
  })

  it('§4.1.4 finds the key by kid; one that the set does not have is refused', async () => {
    expect(await party.reason(await party.issuer.token({}, { kid: 'unheard-of' }))).toBe('ERR_KEY_NOT_FOUND')
    expect(await party.reason(await party.issuer.token({}, { kid: 'ES256-1' }))).toBe('ERR_KEY_NOT_FOUND')
    expect(await party.reason(await signHeader({ ...HEADER, kid: 'rs256-1' }))).toBe('ERR_KEY_MISMATCH')
  })

  it('§4.1.4 does without kid where few keys of the set fit the algorithm', async () => {
    expect(await party.reason(await party.issuer.token({}, { kid: null }))).toBe('accepted')
    expect(await party.reason(await party.issuer.token({}, { kid: null, alg: 'RS256' }))).toBe('accepted')
  })

  it('§4.1.4 refuses a kid that two keys of one algorithm have', async () => {
    const own = await createParty(['ES256'])
    const twin = await createTestKey('ES256', { kid: 'es256-1' })
    own.issuer.publish(twin.publicJwk)
    expect(await own.reason(await own.issuer.token())).toBe('ERR_KEY_AMBIGUOUS')
  })

  it('§4.1.9 compares typ as a media type, without case', async () => {
    for (const typ of ['AT+JWT', 'Application/At+Jwt', 'jwt']) {
      expect(await party.reason(await party.issuer.token({}, { typ }))).toBe('accepted')
    }
  })
})
