import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { toAuthRequest } from '@countersign/core'
import { createParty, ISSUER, reasonOf } from './party.js'
import type { Party } from './party.js'
import { startApi } from './server.js'
import type { Api } from './server.js'

const BARE = 'Bearer realm="api"'
const INVALID_TOKEN = `${BARE}, error="invalid_token", error_description="The access token is invalid or expired"`
const INVALID_REQUEST = `${BARE}, error="invalid_request", error_description="The request is malformed"`
const INSUFFICIENT_SCOPE = `${BARE}, error="insufficient_scope", error_description="The request requires higher privileges than the access token provides", scope="orders:write"`

let party: Party
let api: Api
let good: string

beforeAll(async () => {
  party = await createParty()
  api = await startApi(party.verifier())
  good = await party.issuer.token({ scope: 'orders:read' })
})
afterAll(() => api.close())

/** Status and challenge of an answer. */
async function ask(...fields: readonly (readonly [string, string])[]): Promise<readonly [number, string | undefined]> {
  const { status, fields: received } = await api.get('/', ...fields)
  expect(received['www-authenticate'] ?? ['none']).toHaveLength(1)
  return [status, received['www-authenticate']?.[0]]
}

describe('RFC 6750', () => {
  it.each(['Bearer', 'bearer', 'BEARER', 'bEARER'])('B1 takes the scheme in any case: %s', async (scheme) => {
    expect(await ask(['Authorization', `${scheme} ${good}`])).toEqual([200, undefined])
  })

  it.each([1, 2, 5])('B1 takes one or more spaces between scheme and token: %i', async (count) => {
    expect(await ask(['Authorization', `Bearer${' '.repeat(count)}${good}`])).toEqual([200, undefined])
  })

  it.each([
    'Bearer',
    'Bearer ',
    'Bearer "x"',
    'Bearer a b',
    'Bearer a,b',
    'Bearer a=b',
    'Bearer \u00e9',
    'Bearer\ta',
    'Bearer token="a.b.c"',
  ])('B1 answers %j with 400: what follows the scheme is one b64token', async (field) => {
    expect(await ask(['Authorization', field])).toEqual([400, INVALID_REQUEST])
  })

  it('B2 answers two Authorization fields with 400, although Node drops the second', async () => {
    const bearer = ['Authorization', `Bearer ${good}`] as const
    expect(await ask(bearer, bearer)).toEqual([400, INVALID_REQUEST])
    expect(await ask(bearer, ['authorization', 'Basic eA=='])).toEqual([400, INVALID_REQUEST])
    expect(await ask(['AUTHORIZATION', 'Basic eA=='], bearer)).toEqual([400, INVALID_REQUEST])
    expect(await ask(bearer, ['Authorization', ''])).toEqual([400, INVALID_REQUEST])
  })

  it('B2 answers two tokens in one field with 400', async () => {
    for (const both of [`Bearer ${good}, Bearer ${good}`, `Bearer ${good} ${good}`, `Bearer ${good},${good}`]) {
      expect(await ask(['Authorization', both])).toEqual([400, INVALID_REQUEST])
    }
  })

  it('B3 never reads a token from the query, whatever else the request has', async () => {
    const { status, fields } = await api.get(`/?access_token=${good}`)
    expect([status, fields['www-authenticate']]).toEqual([401, [BARE]])
    expect((await api.get(`/?access_token=${good}`, ['Authorization', 'Bearer a.b.c'])).status).toBe(401)
    expect((await api.get('/?access_token=a.b.c', ['Authorization', `Bearer ${good}`])).status).toBe(200)
  })

  it('B3 never reads a token from a body or a cookie', async () => {
    const form = { method: 'POST', body: new URLSearchParams({ access_token: good }) }
    const multipart = { method: 'POST', body: new FormData() }
    multipart.body.set('access_token', good)
    for (const init of [form, multipart, { headers: { cookie: `access_token=${good}` } }]) {
      const response = await fetch(api.url, init)
      expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, BARE])
    }
  })

  it('B4 sends WWW-Authenticate with every 401, and with 400 and 403', async () => {
    for (const [path, field, status] of [
      ['/', undefined, 401],
      ['/', 'Bearer a.b.c', 401],
      ['/', 'Basic eA==', 401],
      ['/', 'Bearer', 400],
      ['/write', `Bearer ${good}`, 403],
    ] as const) {
      const answer = await api.get(path, ...(field === undefined ? [] : [['Authorization', field] as const]))
      expect([answer.status, answer.fields['www-authenticate']?.length]).toEqual([status, 1])
    }
  })

  it('B5 answers no credentials, and a scheme that is not ours, with a challenge without an error', async () => {
    expect(await ask()).toEqual([401, BARE])
    for (const field of ['Basic dXNlcjpwYXNz', 'Digest username="x"', 'DPoP a.b.c', 'Negotiate', 'unknown x y']) {
      expect(await ask(['Authorization', field])).toEqual([401, BARE])
    }
  })

  it('B6 answers a malformed request with invalid_request, a bad token with invalid_token, a lacking scope with insufficient_scope', async () => {
    expect(await ask(['Authorization', 'Bearer a b'])).toEqual([400, INVALID_REQUEST])
    expect(await ask(['Authorization', 'Bearer a.b.c'])).toEqual([401, INVALID_TOKEN])
    expect(await ask(['Authorization', `Bearer ${await party.issuer.token({}, { expiresInSeconds: -60 })}`])).toEqual([
      401,
      INVALID_TOKEN,
    ])
    const denied = await api.get('/write', ['Authorization', `Bearer ${good}`])
    expect([denied.status, denied.fields['www-authenticate']]).toEqual([403, [INSUFFICIENT_SCOPE]])
    const allowed = `Bearer ${await party.issuer.token({ scope: 'orders:read orders:write' })}`
    expect((await api.get('/write', ['Authorization', allowed])).status).toBe(200)
  })

  it('B6 answers a bad token on a route that wants a scope with 401, never with 403', async () => {
    for (const token of ['a.b.c', await party.issuer.token({ aud: 'https://other.example' })]) {
      const { status, fields } = await api.get('/write', ['Authorization', `Bearer ${token}`])
      expect([status, fields['www-authenticate']]).toEqual([401, [INVALID_TOKEN]])
    }
  })

  it('B7 lets no cache keep a refusal, and says nothing that would let a shared cache keep an answer', async () => {
    expect((await api.get('/')).fields['cache-control']).toEqual(['no-store'])
    expect((await api.get('/', ['Authorization', 'Bearer a b'])).fields['cache-control']).toEqual(['no-store'])
    expect((await api.get('/write', ['Authorization', `Bearer ${good}`])).fields['cache-control']).toEqual(['no-store'])
    const accepted = await api.get('/', ['Authorization', `Bearer ${good}`])
    expect([accepted.fields['cache-control'], accepted.fields['expires']]).toEqual([undefined, undefined])
  })

  it('B8 never takes Proxy-Authorization for Authorization', async () => {
    expect(await ask(['Proxy-Authorization', `Bearer ${good}`])).toEqual([401, BARE])
    expect(await ask(['Proxy-Authorization', 'Bearer a.b.c'], ['Authorization', `Bearer ${good}`])).toEqual([
      200,
      undefined,
    ])
  })

  it('B9 reads no forwarded field, of whatever name', async () => {
    const forwarded = [
      ['Forwarded', `for=127.0.0.1;host=evil.example;proto=https`],
      ['X-Forwarded-Host', 'evil.example'],
      ['X-Forwarded-Proto', 'https'],
      ['X-Forwarded-User', 'admin'],
      ['X-Forwarded-Access-Token', good],
      ['X-Original-Authorization', `Bearer ${good}`],
      ['X-Forwarded-Authorization', `Bearer ${good}`],
    ] as const
    expect(await ask(...forwarded)).toEqual([401, BARE])
    const headers = Object.fromEntries(forwarded.map(([name, value]) => [name.toLowerCase(), value]))
    const view = toAuthRequest({ method: 'GET', url: '/x', headers }, { publicUrl: 'https://api.example.com' })
    expect(view).toMatchObject({ url: 'https://api.example.com/x', authorization: [] })
  })

  it('§3 quotes nothing of the request in a challenge: no claim, no name, no text of a stranger', async () => {
    const hostile = 'x", error="none"\r\nX-Evil: 1'
    const token = await party.issuer.token(
      { iss: hostile, sub: hostile, scope: hostile, aud: hostile },
      { kid: hostile },
    )
    const { status, fields } = await api.get('/write?x=%0d%0aX-Evil:1', ['Authorization', `Bearer ${token}`])
    expect([status, fields['www-authenticate'], fields['x-evil']]).toEqual([401, [INVALID_TOKEN], undefined])
  })

  it('§3.1 answers an outage of the issuer with 503 and Retry-After, because the token may be good', async () => {
    const down = party.verifier({ keys: { jwksUri: `${ISSUER}/jwks` } })
    expect(await reasonOf(down.verify(good))).not.toBe('accepted')
    const other = await startApi(down)
    const { status, fields } = await other.get('/', ['Authorization', `Bearer ${good}`])
    expect([status, fields['www-authenticate'], fields['cache-control']]).toEqual([503, undefined, ['no-store']])
    expect(fields['retry-after']?.[0]).toMatch(/^[1-9]\d*$/)
    await other.close()
    await down.close()
  })

  it('§5.2 shows one body and one challenge for every bad token, so that nobody learns which check failed', async () => {
    const tokens = [
      'a.b.c',
      await party.issuer.token({}, { expiresInSeconds: -60 }),
      await party.issuer.token({ aud: 'https://other.example' }),
      await party.issuer.token({ iss: 'https://evil.example' }),
      await party.issuer.token({}, { kid: 'unheard-of' }),
      `${good.slice(0, -4)}AAAA`,
    ]
    const answers = await Promise.all(tokens.map((token) => ask(['Authorization', `Bearer ${token}`])))
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
  })
})
