import { createTestKey } from '@countersign/testing'
import { decodeJwt } from 'jose'
import { beforeEach, describe, expect, it } from 'vitest'
import { ASSERTION_TYPE, createTokenWorld, JWT_BEARER, NOW_SECONDS, STS } from './token-world.js'
import type { Form, Sent, TokenWorld } from './token-world.js'

let world: TokenWorld
beforeEach(async () => {
  world = await createTokenWorld()
})

type Claims = Readonly<Record<string, unknown>>

/** An assertion about Alice by the issuer of the users. */
const grantOf = (claims: Claims = {}, header: object = {}): Promise<string> =>
  world.users.token({ sub: 'alice', scope: 'orders:read', ...claims }, { header: { typ: 'JWT', ...header } })

const redeem = (assertion: string | undefined, form: Form = {}, sent?: Sent) =>
  world.post('/token', { grant_type: JWT_BEARER, assertion, audience: 'billing', ...form }, sent)

const grantError = async (claims: Claims, header?: object): Promise<unknown> => {
  const { status, body } = await redeem(await grantOf(claims, header))
  return status === 200 ? 'accepted' : body['error']
}

const authenticate = async (claims: Claims = {}, header: object = {}, more: Form = {}) => {
  const client_assertion = await world.assertion(claims, header)
  const form = { grant_type: 'client_credentials', audience: 'billing', client_assertion_type: ASSERTION_TYPE }
  return world.post('/token', { ...form, client_assertion, ...more }, { as: null })
}

const clientError = async (claims: Claims, header?: object): Promise<unknown> => {
  const { status, body } = await authenticate(claims, header)
  return status === 200 ? 'accepted' : body['error']
}

describe('RFC 7523, JWTs as authorization grants', () => {
  it('§2.1 gives an access token for an assertion about a subject', async () => {
    const { status, body } = await redeem(await grantOf())
    expect(status).toBe(200)
    expect(body).not.toHaveProperty('issued_token_type')
    expect(decodeJwt(String(body['access_token']))).toMatchObject({ client_id: 'orders', scope: 'invoice:read' })
  })

  it('§2.1 wants the assertion, once', async () => {
    expect((await redeem(undefined)).body['error']).toBe('invalid_request')
    const assertion = await grantOf()
    const twice = await world.post('/token', { grant_type: JWT_BEARER, assertion: [assertion, assertion] })
    expect(twice.body['error']).toBe('invalid_request')
  })

  it('§2.1 takes a scope beside it', async () => {
    expect((await redeem(await grantOf(), { scope: 'invoice:read' })).body['scope']).toBe('invoice:read')
    expect((await redeem(await grantOf(), { scope: 'invoice:write' })).body['error']).toBe('invalid_scope')
  })

  it('§2.1 §3.1 is for authenticated clients that may use it', async () => {
    expect((await redeem(await grantOf(), {}, { as: null })).body['error']).toBe('invalid_client')
    expect((await redeem(await grantOf(), {}, { as: 'billing' })).body['error']).toBe('unauthorized_client')
  })

  it('§3 (1) wants an issuer that is trusted', async () => {
    expect(await grantError({ iss: undefined })).toBe('invalid_grant')
    expect(await grantError({ iss: 'https://evil.example' })).toBe('invalid_grant')
  })

  it('§3 (2) wants a subject', async () => {
    expect(await grantError({ sub: undefined })).toBe('invalid_grant')
    expect(await grantError({ sub: '' })).toBe('invalid_grant')
  })

  it('§3 (3) wants this service for its audience', async () => {
    expect(await grantError({ aud: STS })).toBe('accepted')
    for (const aud of [undefined, `${STS}/token`, 'https://other.example', [], `${STS}/`])
      expect(await grantError({ aud })).toBe('invalid_grant')
  })

  it('§3 (4) wants an expiry that has not come', async () => {
    expect(await grantError({ exp: undefined })).toBe('invalid_grant')
    expect(await grantError({ exp: NOW_SECONDS - 60 })).toBe('invalid_grant')
    expect(await grantError({ exp: NOW_SECONDS + 86_400 })).toBe('invalid_grant')
  })

  it('§3 (5) takes it no earlier than nbf', async () => {
    expect(await grantError({ nbf: NOW_SECONDS - 60 })).toBe('accepted')
    expect(await grantError({ nbf: NOW_SECONDS + 60 })).toBe('invalid_grant')
  })

  it('§3 (6) takes none that was issued in the future', async () => {
    expect(await grantError({ iat: NOW_SECONDS + 60 })).toBe('invalid_grant')
  })

  it('§3 (7) takes each jti once', async () => {
    const assertion = await grantOf({ jti: 'only-once' })
    expect((await redeem(assertion)).status).toBe(200)
    expect((await redeem(assertion)).body['error']).toBe('invalid_grant')
    expect(await grantError({ jti: undefined })).toBe('invalid_grant')
  })

  it('§3 (8) does not mind claims that it does not know', async () => {
    expect(await grantError({ anything: { else: 1 } })).toBe('accepted')
  })

  it('§3 (9) (10) wants a signature of that issuer, and a JWT that is valid in every other way', async () => {
    const [header, payload] = (await grantOf()).split('.')
    for (const assertion of ['x', 'a.b.c', `${header}.${payload}.`, `${header}.${payload}.${'A'.repeat(86)}`])
      expect((await redeem(assertion)).body['error']).toBe('invalid_grant')
  })

  it('§3.1 answers what is wrong with the assertion with invalid_grant, status 400, and no reason', async () => {
    const { status, body } = await redeem(await grantOf({ exp: 1 }))
    expect([status, body]).toEqual([
      400,
      { error: 'invalid_grant', error_description: 'The grant is invalid, expired or not accepted' },
    ])
  })

  it('§5 RFC 8725 section 3.12 takes no access token for a grant', async () => {
    expect(await grantError({}, { typ: 'at+jwt' })).toBe('invalid_grant')
  })
})

describe('RFC 7523, JWTs for client authentication', () => {
  it('§2.2 authenticates the client that signed', async () => {
    const { status, body } = await authenticate()
    expect(status).toBe(200)
    expect(decodeJwt(String(body['access_token']))).toMatchObject({ client_id: 'keyed' })
  })

  it('§2.2 knows one type of assertion', async () => {
    const { body } = await authenticate({}, {}, { client_assertion_type: 'urn:x' })
    expect(body['error']).toBe('invalid_client')
    expect((await authenticate({}, {}, { client_assertion_type: undefined })).body['error']).toBe('invalid_request')
  })

  it('§2.2 takes a client_id that is the same, and no other', async () => {
    expect((await authenticate({}, {}, { client_id: 'keyed' })).status).toBe(200)
    expect((await authenticate({}, {}, { client_id: 'orders' })).body['error']).toBe('invalid_client')
  })

  it('§3 (1) (2) wants the client for its issuer and for its subject', async () => {
    for (const claims of [{ iss: undefined }, { sub: undefined }, { iss: 'orders' }, { sub: 'orders' }, { sub: '' }])
      expect(await clientError(claims)).toBe('invalid_client')
    expect(await clientError({ iss: 'orders', sub: 'orders' })).toBe('invalid_client')
  })

  it('§3 (3) rfc7523bis §4 wants the issuer identifier for its sole audience', async () => {
    expect(await clientError({ aud: [STS] })).toBe('accepted')
    for (const aud of [undefined, `${STS}/token`, `${STS}/`, [STS, 'https://other.example'], []])
      expect(await clientError({ aud })).toBe('invalid_client')
  })

  it('§3 (4) wants an expiry, soon', async () => {
    for (const exp of [undefined, NOW_SECONDS - 60, NOW_SECONDS + 600, String(NOW_SECONDS + 60)])
      expect(await clientError({ exp })).toBe('invalid_client')
  })

  it('§3 (5) (6) minds nbf and iat', async () => {
    expect(await clientError({ nbf: NOW_SECONDS + 60 })).toBe('invalid_client')
    expect(await clientError({ iat: NOW_SECONDS + 60 })).toBe('invalid_client')
  })

  it('§3 (7) takes each jti once, and wants one', async () => {
    expect(await clientError({ jti: 'once' })).toBe('accepted')
    expect(await clientError({ jti: 'once' })).toBe('invalid_client')
    expect(await clientError({ jti: undefined })).toBe('invalid_client')
  })

  it('§3 (9) wants a signature by a key of that client', async () => {
    const stranger = await createTestKey('ES256')
    const client_assertion = await world.assertion({}, {}, stranger)
    const form = { grant_type: 'client_credentials', audience: 'billing', client_assertion_type: ASSERTION_TYPE }
    const { status, body } = await world.post('/token', { ...form, client_assertion }, { as: null })
    expect([status, body['error']]).toEqual([401, 'invalid_client'])
  })

  it('§3.2 answers what is wrong with it with invalid_client, and no reason', async () => {
    const answers = await Promise.all([
      authenticate({ exp: 1 }),
      authenticate({ aud: 'x' }),
      authenticate({ iss: 'nobody', sub: 'nobody' }),
      authenticate({}, { kid: 'nothing' }),
    ])
    for (const { status, body } of answers)
      expect([status, body]).toEqual([
        401,
        { error: 'invalid_client', error_description: 'Client authentication failed' },
      ])
  })

  it('§3 rfc7523bis §4 takes the type that is recommended, and none', async () => {
    expect(await clientError({}, { typ: 'client-authentication+jwt' })).toBe('accepted')
    expect(await clientError({}, { typ: 'JWT' })).toBe('accepted')
    expect(await clientError({}, { typ: 'at+jwt' })).toBe('invalid_client')
  })
})
