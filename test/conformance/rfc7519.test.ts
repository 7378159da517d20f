import { beforeAll, describe, expect, it } from 'vitest'
import { AUDIENCE, claims, createParty, encode, ISSUER, NOW_SECONDS } from './party.js'
import type { Party } from './party.js'

let party: Party

beforeAll(async () => {
  party = await createParty(['ES256'])
})

const HEADER = { alg: 'ES256', kid: 'es256-1', typ: 'JWT' }

function signPayload(payload: object | string): Promise<string> {
  return party.issuer.signRaw({ header: HEADER, payload })
}

async function reasonOfClaims(changes: Readonly<Record<string, unknown>>, options = {}): Promise<string> {
  return party.reason(await party.issuer.token(changes), {}, options)
}

/** A claim as the text says it: JSON has numbers that JavaScript does not. */
async function reasonOfLiteral(claim: string, literal: string): Promise<string> {
  const rest = Object.fromEntries(Object.entries(claims()).filter(([name]) => name !== claim))
  return party.reason(await signPayload(`${JSON.stringify(rest).slice(0, -1)},"${claim}":${literal}}`))
}

const NO_DATES = [
  '"1800000300"',
  '"2027-01-15T08:00:00Z"',
  '""',
  'null',
  'true',
  '[]',
  '[1800000300]',
  '{}',
  '1e400',
  '-1e400',
  '1e308',
]

describe('RFC 7519', () => {
  it('T3 refuses claims that are no JSON object in UTF-8, although they are signed', async () => {
    for (const payload of [
      '[]',
      '[{}]',
      '"x"',
      'null',
      '1',
      'true',
      '{',
      '{}{}',
      '{"iss":}',
      "{'iss':'x'}",
      Buffer.from([0x7b, 0xff, 0x7d]),
      '\ufeff{}',
    ]) {
      expect(await party.reason(await signPayload(payload))).toBe('ERR_TOKEN_JSON')
    }
  })

  it('T3 refuses claims with a member twice, at any depth and in any spelling', async () => {
    const rest = JSON.stringify(claims()).slice(0, -1)
    for (const twice of [
      '"sub":"admin"',
      '"\\u0073ub":"admin"',
      '"sub":"user-1"',
      '"x":1,"x":1',
      '"x":{"y":1,"y":2}',
      '"x":[{"y":1,"y":2}]',
      '"__proto__":1,"__proto__":2',
    ]) {
      expect(await party.reason(await signPayload(`${rest},${twice}}`))).toBe('ERR_TOKEN_JSON')
    }
    expect(await party.reason(await signPayload(`${rest},"x":{"y":1},"z":{"y":1}}`))).toBe('accepted')
  })

  it('T3 refuses half a surrogate pair, in which two subjects could meet', async () => {
    const rest = JSON.stringify(claims({ sub: undefined })).slice(0, -1)
    for (const sub of ['"\\ud800"', '"a\\udc00b"', '"\\ude00\\ud83d"']) {
      expect(await party.reason(await signPayload(`${rest},"sub":${sub}}`))).toBe('ERR_TOKEN_JSON')
    }
    expect(await party.reason(await signPayload(`${rest},"sub":"\\ud83d\\ude00"}`))).toBe('accepted')
  })

  it('§4 ignores claims that it does not know', async () => {
    expect(await reasonOfClaims({ 'https://acme.example/x': { y: [1] }, constructor: 'x', toString: 1 })).toBe(
      'accepted',
    )
  })

  it('C2 compares iss exactly: no case, slash, port, escape or script is evened out', async () => {
    for (const iss of [
      `${ISSUER}/`,
      'https://LOGIN.acme.example',
      'HTTPS://login.acme.example',
      `${ISSUER}:443`,
      'https://login.acme.example.',
      'https://login%2eacme.example',
      'https://login.аcme.example',
      'https://xn--login-acme.example',
      ` ${ISSUER}`,
      `${ISSUER}\n`,
      `${ISSUER}\0`,
      'https://login.acme.example.evil.example',
      'login.acme.example',
      'http://login.acme.example',
    ]) {
      expect(await reasonOfClaims({ iss })).toBe('ERR_ISSUER_UNTRUSTED')
    }
  })

  it('C2 demands that iss is a string: an array that holds a trusted name is not that name', async () => {
    for (const iss of [undefined, null, '', 1, [], [ISSUER], { iss: ISSUER }, true]) {
      expect(await reasonOfClaims({ iss })).toBe('ERR_TOKEN_ISSUER')
    }
  })

  it('C3 demands that aud names us, as a string or in an array of strings', async () => {
    for (const aud of [AUDIENCE, [AUDIENCE], ['https://other.example', AUDIENCE]])
      expect(await reasonOfClaims({ aud })).toBe('accepted')
    for (const aud of [
      undefined,
      '',
      [],
      'https://other.example',
      `${AUDIENCE}/`,
      AUDIENCE.toUpperCase(),
      ['https://other.example'],
      `${AUDIENCE} x`,
    ]) {
      expect(await reasonOfClaims({ aud })).toBe('ERR_TOKEN_AUDIENCE')
    }
    for (const aud of [null, 1, {}, [AUDIENCE, 1], [[AUDIENCE]], true])
      expect(await reasonOfClaims({ aud })).toBe('ERR_TOKEN_CLAIM_TYPE')
  })

  it('C4 demands exp, and that now is before it', async () => {
    expect(await reasonOfClaims({ exp: undefined })).toBe('ERR_TOKEN_CLAIM_MISSING')
    expect(await reasonOfClaims({ exp: NOW_SECONDS - 4 })).toBe('accepted')
    expect(await reasonOfClaims({ exp: NOW_SECONDS - 5 })).toBe('ERR_TOKEN_EXPIRED')
    expect(await reasonOfClaims({ exp: NOW_SECONDS }, { clockToleranceSeconds: 0 })).toBe('ERR_TOKEN_EXPIRED')
    expect(await reasonOfClaims({ exp: NOW_SECONDS + 1 }, { clockToleranceSeconds: 0 })).toBe('accepted')
    expect(await reasonOfClaims({ exp: NOW_SECONDS - 59 }, { clockToleranceSeconds: 60 })).toBe('accepted')
    expect(() => party.verifier({}, { clockToleranceSeconds: 61 })).toThrow('from 0 to 60')
  })

  it('C5 honours nbf', async () => {
    expect(await reasonOfClaims({ nbf: NOW_SECONDS + 5 })).toBe('accepted')
    expect(await reasonOfClaims({ nbf: NOW_SECONDS + 6 })).toBe('ERR_TOKEN_NOT_YET_VALID')
    expect(await reasonOfClaims({ nbf: NOW_SECONDS + 1 }, { clockToleranceSeconds: 0 })).toBe('ERR_TOKEN_NOT_YET_VALID')
  })

  it('C6 refuses an iat ahead of now, and honours a largest age and a longest life', async () => {
    expect(await reasonOfClaims({ iat: NOW_SECONDS + 5 })).toBe('accepted')
    expect(await reasonOfClaims({ iat: NOW_SECONDS + 6 })).toBe('ERR_TOKEN_ISSUED_IN_FUTURE')
    expect(await reasonOfClaims({ iat: NOW_SECONDS - 70 }, { maxTokenAgeSeconds: 60 })).toBe('ERR_TOKEN_TOO_OLD')
    expect(await reasonOfClaims({ iat: NOW_SECONDS - 60 }, { maxTokenAgeSeconds: 60 })).toBe('accepted')
    expect(await reasonOfClaims({ iat: undefined }, { maxTokenAgeSeconds: 60 })).toBe('ERR_TOKEN_CLAIM_MISSING')
    expect(await reasonOfClaims({ iat: NOW_SECONDS, exp: NOW_SECONDS + 601 }, { maxTokenLifetimeSeconds: 600 })).toBe(
      'ERR_TOKEN_LIFETIME',
    )
  })

  it.each(['exp', 'nbf', 'iat'])('C8 refuses %s of a wrong type: it is never an absence', async (claim) => {
    for (const literal of NO_DATES) expect(await reasonOfLiteral(claim, literal)).toBe('ERR_TOKEN_CLAIM_TYPE')
  })

  it.each(['sub', 'jti', 'client_id', 'azp', 'acr'])('C8 refuses %s of a wrong type', async (claim) => {
    for (const literal of ['1', 'null', 'true', '[]', '["user-1"]', '{}', '""']) {
      expect(await reasonOfLiteral(claim, literal)).toBe('ERR_TOKEN_CLAIM_TYPE')
    }
  })

  it('§6 refuses an unsecured JWT in every spelling', async () => {
    for (const alg of ['none', 'None', 'NONE', 'nOnE', '']) {
      const text = `${encode({ ...HEADER, alg })}.${encode(claims())}`
      expect(await party.reason(`${text}.`)).toBe('ERR_TOKEN_ALGORITHM')
      expect(await party.reason(`${text}.${encode('x')}`)).toBe('ERR_TOKEN_ALGORITHM')
      expect(await party.reason(await party.issuer.signEncoded(text))).toBe('ERR_TOKEN_ALGORITHM')
    }
  })

  it('§7.2 refuses a JWT inside a JWT: what is signed is the claims', async () => {
    const inner = await party.issuer.token()
    expect(await party.reason(await party.issuer.signRaw({ header: { ...HEADER, cty: 'JWT' }, payload: inner }))).toBe(
      'ERR_TOKEN_JSON',
    )
  })
})
