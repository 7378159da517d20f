import { createVerifier } from '@countersign/core'
import type { Reason, Verifier } from '@countersign/core'
import type { JWTHeaderParameters, JWTPayload } from 'jose'
import * as oauth from 'oauth4webapi'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { api, startProvider } from './provider.js'
import type { InteropProvider } from './provider.js'

/** One token, and what becomes of it. */
interface Case {
  readonly title: string
  /** Members in place of the good token's; `undefined` takes one out. */
  readonly claims?: Readonly<Record<string, unknown>>
  readonly header?: Readonly<Record<string, unknown>>
  /** Changes the signed text. */
  readonly change?: (token: string) => string
  /** Why we refuse; absent where we accept. */
  readonly reason?: Reason
}

const nowSeconds = Math.floor(Date.now() / 1000)

const acceptedByBoth: readonly Case[] = [
  { title: 'a plain token' },
  { title: 'the long form of typ', header: { typ: 'application/at+jwt' } },
  { title: 'typ in other letters', header: { typ: 'AT+JWT' } },
  { title: 'several audiences', claims: { aud: ['https://other.example.com', api] } },
  { title: 'no scope', claims: { scope: undefined } },
  { title: 'an empty scope', claims: { scope: '' } },
  { title: 'a subject beyond ASCII', claims: { sub: 'zoë' } },
  { title: 'a fraction of a second in exp', claims: { exp: nowSeconds + 600.5 } },
  { title: 'nbf in the past', claims: { nbf: nowSeconds - 60 } },
  { title: 'unknown claims', claims: { department: 'it', nested: { deep: [1, { a: null }] } } },
]

const refusedByBoth: readonly Case[] = [
  { title: 'typ JWT', header: { typ: 'JWT' }, reason: 'ERR_TOKEN_TYPE' },
  { title: 'no typ', header: { typ: undefined }, reason: 'ERR_TOKEN_TYPE' },
  { title: 'typ of a DPoP proof', header: { typ: 'dpop+jwt' }, reason: 'ERR_TOKEN_TYPE' },
  { title: 'a token without iss', claims: { iss: undefined }, reason: 'ERR_TOKEN_ISSUER' },
  { title: 'a token without aud', claims: { aud: undefined }, reason: 'ERR_TOKEN_CLAIM_MISSING' },
  ...['exp', 'sub', 'client_id', 'iat', 'jti'].map((name) => ({
    title: `a token without ${name}`,
    claims: { [name]: undefined },
    reason: 'ERR_TOKEN_CLAIM_MISSING' as const,
  })),
  { title: 'another issuer', claims: { iss: 'https://evil.example' }, reason: 'ERR_ISSUER_UNTRUSTED' },
  { title: 'another audience', claims: { aud: 'https://other.example.com' }, reason: 'ERR_TOKEN_AUDIENCE' },
  { title: 'no audience in the list', claims: { aud: [] }, reason: 'ERR_TOKEN_AUDIENCE' },
  { title: 'a number as audience', claims: { aud: 1 }, reason: 'ERR_TOKEN_CLAIM_TYPE' },
  { title: 'exp in the past', claims: { exp: nowSeconds - 60 }, reason: 'ERR_TOKEN_EXPIRED' },
  { title: 'exp as text', claims: { exp: String(nowSeconds + 600) }, reason: 'ERR_TOKEN_CLAIM_TYPE' },
  { title: 'iat as text', claims: { iat: String(nowSeconds) }, reason: 'ERR_TOKEN_CLAIM_TYPE' },
  { title: 'nbf in the future', claims: { nbf: nowSeconds + 60 }, reason: 'ERR_TOKEN_NOT_YET_VALID' },
  { title: 'nbf as text', claims: { nbf: String(nowSeconds) }, reason: 'ERR_TOKEN_CLAIM_TYPE' },
  { title: 'client_id as a number', claims: { client_id: 7 }, reason: 'ERR_TOKEN_CLAIM_TYPE' },
  { title: 'jti as a number', claims: { jti: 7 }, reason: 'ERR_TOKEN_CLAIM_TYPE' },
  { title: 'sub as an object', claims: { sub: { id: 'alice' } }, reason: 'ERR_TOKEN_CLAIM_TYPE' },
  { title: 'cnf as text', claims: { cnf: 'jkt' }, reason: 'ERR_TOKEN_CLAIM_TYPE' },
  {
    title: 'a DPoP-bound token as Bearer',
    claims: { cnf: { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' } },
    reason: 'ERR_PROOF_REQUIRED',
  },
  {
    title: 'a token bound to a certificate',
    claims: { cnf: { 'x5t#S256': 'bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2' } },
    reason: 'ERR_PROOF_REQUIRED',
  },
  {
    title: 'a critical extension',
    change: (token) => withHeader(token, { crit: ['exp'], exp: 1 }),
    reason: 'ERR_TOKEN_CRITICAL',
  },
  { title: 'a key that is not in the set', header: { kid: 'nobody' }, reason: 'ERR_KEY_NOT_FOUND' },
  { title: 'a changed payload', change: changePayload, reason: 'ERR_TOKEN_SIGNATURE' },
  { title: 'no signature', change: (token) => token.replace(/[^.]+$/, ''), reason: 'ERR_TOKEN_MALFORMED' },
  { title: 'alg none', change: (token) => withHeader(token, { alg: 'none' }), reason: 'ERR_TOKEN_ALGORITHM' },
  { title: 'alg HS256', change: (token) => withHeader(token, { alg: 'HS256' }), reason: 'ERR_TOKEN_ALGORITHM' },
  { title: 'two segments', change: (token) => token.replace(/\.[^.]+$/, ''), reason: 'ERR_TOKEN_MALFORMED' },
  { title: 'four segments', change: (token) => `${token}.e30`, reason: 'ERR_TOKEN_MALFORMED' },
]

const refusedByUsAlone: readonly (Case & { readonly why: string })[] = [
  { title: 'an empty cnf', claims: { cnf: {} }, reason: 'ERR_TOKEN_CONFIRMATION', why: 'bound to nothing we know' },
  { title: 'an empty sub', claims: { sub: '' }, reason: 'ERR_TOKEN_CLAIM_TYPE', why: 'it identifies nobody' },
  { title: 'scope as a number', claims: { scope: 7 }, reason: 'ERR_TOKEN_CLAIM_TYPE', why: 'a wrong type' },
  { title: 'auth_time as text', claims: { auth_time: '1' }, reason: 'ERR_TOKEN_CLAIM_TYPE', why: 'a wrong type' },
  { title: 'a nonce', claims: { nonce: 'n' }, reason: 'ERR_TOKEN_TYPE', why: 'the mark of an ID token' },
  {
    title: 'iat tomorrow',
    claims: { iat: nowSeconds + 86_400 },
    reason: 'ERR_TOKEN_ISSUED_IN_FUTURE',
    why: 'nobody signed it yet',
  },
]

describe('oauth4webapi.validateJwtAccessToken as an oracle of the strict profile', () => {
  let provider: InteropProvider
  let verifier: Verifier
  let server: oauth.AuthorizationServer

  beforeAll(async () => {
    provider = await startProvider('ES256')
    server = { ...provider.job.serverMetadata() }
    verifier = createVerifier({
      audience: api,
      issuers: [{ issuer: provider.issuer, tokenProfile: 'rfc9068' }],
      network: { allowInsecureLoopback: true },
      // So that a key which is nowhere is the token's fault at once.
      keyCache: { cooldownMs: 0 },
    })
    await verifier.ready()
  })
  afterAll(() => Promise.all([verifier.close(), provider.close()]))

  for (const entry of acceptedByBoth) {
    it(`accepts with us: ${entry.title}`, async () => {
      const token = await mint(provider, entry)
      expect(await askOracle(token)).toBe(true)
      expect((await verifier.verify(token)).issuer).toBe(provider.issuer)
    })
  }

  for (const entry of refusedByBoth) {
    it(`refuses, and so do we by ${entry.reason}: ${entry.title}`, async () => {
      const token = await mint(provider, entry)
      expect(await askOracle(token)).toBe(false)
      await expect(verifier.verify(token)).rejects.toMatchObject({ reason: entry.reason, status: 401 })
    })
  }

  for (const entry of refusedByUsAlone) {
    it(`accepts what we refuse by ${entry.reason}, because ${entry.why}: ${entry.title}`, async () => {
      const token = await mint(provider, entry)
      expect(await askOracle(token)).toBe(true)
      await expect(verifier.verify(token)).rejects.toMatchObject({ reason: entry.reason, status: 401 })
    })
  }

  async function askOracle(token: string): Promise<boolean> {
    const request = new Request(`${api}/orders`, { headers: { authorization: `Bearer ${token}` } })
    const options = { [oauth.allowInsecureRequests]: true, [oauth.clockTolerance]: 5 }
    try {
      await oauth.validateJwtAccessToken(server, request, api, options)
      return true
    } catch {
      return false
    }
  }
})

async function mint(provider: InteropProvider, { claims, header, change }: Case): Promise<string> {
  const good = {
    iss: provider.issuer,
    sub: 'alice',
    client_id: 'app',
    aud: api,
    iat: nowSeconds,
    exp: nowSeconds + 600,
    jti: 'a1',
    scope: 'orders:read',
  }
  const token = await provider.forgeToken({ ...good, ...claims } as JWTPayload, header as Partial<JWTHeaderParameters>)
  return change === undefined ? token : change(token)
}

function changePayload(token: string): string {
  const [header, payload = '', signature] = token.split('.')
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object
  return [header, encode({ ...claims, scope: 'orders:write' }), signature].join('.')
}

function withHeader(token: string, members: object): string {
  const [header = '', payload, signature] = token.split('.')
  const known = JSON.parse(Buffer.from(header, 'base64url').toString()) as object
  return [encode({ ...known, ...members }), payload, signature].join('.')
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
