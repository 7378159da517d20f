import { createVerifier } from '@countersign/core'
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import type { JSONWebKeySet } from 'jose'
import { beforeEach, describe, expect, it } from 'vitest'
import { BILLING, createTokenWorld, NOW_SECONDS, STS, USERS } from './token-world.js'
import type { Form, TokenWorld } from './token-world.js'

let world: TokenWorld
beforeEach(async () => {
  world = await createTokenWorld()
})

const issue = async (form?: Form): Promise<string> => String((await world.exchange(form)).body['access_token'])
const forItself = async (form: Form = {}): Promise<string> => {
  const own = { grant_type: 'client_credentials', audience: 'billing', ...form }
  return String((await world.post('/token', own, { as: 'job' })).body['access_token'])
}

describe('RFC 9068, the issuer', () => {
  it('§2.1 signs with an asymmetric key that it publishes, and says what the token is', async () => {
    const header = decodeProtectedHeader(await issue())
    expect(header).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: expect.any(String) as string })
    const { keys } = (await (await world.get('/acme/jwks')).json()) as JSONWebKeySet
    expect(keys.map(({ kid }) => kid)).toContain(header.kid)
  })

  it('§2.2 has every claim that is required', async () => {
    const claims = decodeJwt(await issue())
    expect(claims).toMatchObject({
      iss: STS,
      aud: BILLING,
      client_id: 'orders',
      iat: NOW_SECONDS,
      exp: NOW_SECONDS + 300,
    })
    expect(claims.sub).toEqual(expect.any(String))
    expect(claims.jti).toEqual(expect.any(String))
  })

  it('§2.2 gives each token a jti of its own', async () => {
    const tokens = await Promise.all(Array.from({ length: 20 }, () => issue()))
    expect(new Set(tokens.map((token) => decodeJwt(token).jti)).size).toBe(20)
  })

  it('§2.2 names the client as the subject where there is nobody else', async () => {
    expect(decodeJwt(await forItself())).toMatchObject({ sub: 'job', client_id: 'job' })
  })

  it('§2.2.1 says how the user signed in as it was, and makes nothing up', async () => {
    const auth_time = NOW_SECONDS - 3_600
    const claims = decodeJwt(await issue({ subject_token: await world.userToken({ auth_time }) }))
    expect(claims['auth_time']).toBe(auth_time)
    const silent = decodeJwt(await issue())
    for (const claim of ['auth_time', 'acr', 'amr']) expect(silent).not.toHaveProperty(claim)
  })

  it('§2.2.2 passes on no claim that the target does not list', async () => {
    const subject_token = await world.userToken({ email: 'alice@acme.example', name: 'Alice', nonce: undefined })
    const claims = decodeJwt(await issue({ subject_token }))
    expect(claims).not.toHaveProperty('email')
    expect(claims).not.toHaveProperty('name')
  })

  it('§2.2.3 says the scopes that were granted', async () => {
    expect(decodeJwt(await forItself({ scope: 'invoice:write' }))['scope']).toBe('invoice:write')
    expect(decodeJwt(await forItself())['scope']).toBe('invoice:read invoice:write')
  })

  it('§2.2.3.1 says roles and groups where the target wants them', async () => {
    const subject_token = await world.userToken({ roles: ['clerk'], groups: ['sales'], entitlements: ['x'] })
    const claims = decodeJwt(await issue({ subject_token }))
    expect(claims).toMatchObject({ roles: ['clerk'], groups: ['sales'] })
    expect(claims).not.toHaveProperty('entitlements')
  })

  it('§3 issues for one resource, so that no scope could mean something at another', async () => {
    expect(decodeJwt(await issue({ audience: undefined, resource: BILLING })).aud).toBe(BILLING)
    expect((await world.exchange({ resource: 'https://ledger.example.com' })).body['error']).toBe('invalid_target')
  })

  it('§4 is accepted by whoever checks all that it says: this suite, and jose', async () => {
    const token = await issue()
    expect(await world.billing.verify(token)).toMatchObject({ issuer: STS, clientId: 'orders' })
    const keys = createLocalJWKSet((await (await world.get('/acme/jwks')).json()) as JSONWebKeySet)
    const { payload } = await jwtVerify(token, keys, {
      issuer: STS,
      audience: BILLING,
      typ: 'at+jwt',
      currentDate: new Date(NOW_SECONDS * 1_000),
      requiredClaims: ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'],
    })
    expect(payload['client_id']).toBe('orders')
  })

  it('§4 is refused by another API, and after it has expired', async () => {
    const token = await issue()
    const { keys } = (await (await world.get('/acme/jwks')).json()) as JSONWebKeySet
    const issuers = [{ issuer: STS, keys: { jwks: { keys } } }]
    const ledger = createVerifier({ audience: 'https://ledger.example.com', issuers, runtime: world.users.runtime })
    await expect(ledger.verify(token)).rejects.toMatchObject({ reason: 'ERR_TOKEN_AUDIENCE' })
    world.clock.advance(306_000)
    await expect(world.billing.verify(token)).rejects.toMatchObject({ reason: 'ERR_TOKEN_EXPIRED' })
  })

  it('§5 gives clients and users names that cannot be taken for each other', async () => {
    // A user of another issuer is never known here by a name that a client has, whatever it is called there.
    const claims = decodeJwt(await issue({ subject_token: await world.userToken({ sub: 'job' }) }))
    expect(claims.sub).not.toBe('job')
    expect(claims['sub_id']).toEqual({ format: 'iss_sub', iss: USERS, sub: 'job' })
  })
})
