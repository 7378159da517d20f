import { decodeJwt } from 'jose'
import { beforeEach, describe, expect, it } from 'vitest'
import { BILLING, createTokenWorld, EXCHANGE, STS, TYPES, USERS } from './token-world.js'
import type { Answer, Form, Sent, TokenWorld } from './token-world.js'

let world: TokenWorld
beforeEach(async () => {
  world = await createTokenWorld()
})

const errorOf = async (form: Form, sent?: Sent): Promise<unknown> => {
  const { status, body } = await world.exchange(form, sent)
  return status === 200 ? 'accepted' : body['error']
}

const claimsOf = ({ body }: Answer): Readonly<Record<string, unknown>> => decodeJwt(String(body['access_token']))

/** A token that `orders` has exchanged for `billing`. */
const exchanged = async (form?: Form): Promise<string> => String((await world.exchange(form)).body['access_token'])

describe('RFC 8693, the token service', () => {
  it('§2.1 exchanges a subject token under the grant type of the specification alone', async () => {
    expect(await errorOf({})).toBe('accepted')
    for (const grant_type of ['token-exchange', `${EXCHANGE} `, EXCHANGE.toUpperCase()])
      expect(await errorOf({ grant_type })).toBe('unsupported_grant_type')
  })

  it('§2.1 wants the client to authenticate', async () => {
    const { status, body } = await world.exchange({}, { as: null })
    expect([status, body['error']]).toEqual([401, 'invalid_client'])
    expect(await errorOf({ client_id: 'orders' }, { as: null })).toBe('invalid_client')
  })

  it('§2.1 wants subject_token and subject_token_type', async () => {
    expect(await errorOf({ subject_token: undefined })).toBe('invalid_request')
    expect(await errorOf({ subject_token_type: undefined })).toBe('invalid_request')
    expect(await errorOf({ subject_token: '' })).toBe('invalid_request')
  })

  it('§2.1 wants actor_token_type with actor_token, and none without', async () => {
    expect(await errorOf({ actor_token_type: TYPES.jwt })).toBe('invalid_request')
    expect(await errorOf({ actor_token: await world.userToken({ sub: 'bob' }) })).toBe('invalid_request')
  })

  it('§2.1 finds the target by audience or by resource; both may name it', async () => {
    expect(await errorOf({ audience: undefined, resource: BILLING })).toBe('accepted')
    expect(await errorOf({ resource: `${BILLING}/api?v=2` })).toBe('accepted')
    expect(await errorOf({ audience: ['billing', BILLING], resource: BILLING })).toBe('accepted')
  })

  it('§2.1 takes no resource that is relative, or has a fragment', async () => {
    for (const resource of ['/api', 'billing', `${BILLING}#a`, `${BILLING}/#`])
      expect(await errorOf({ audience: undefined, resource })).toBe('invalid_target')
  })

  it('§2.1 knows targets by their exact names', async () => {
    for (const audience of ['Billing', `${BILLING}/`, 'nowhere', STS])
      expect(await errorOf({ audience })).toBe('invalid_target')
  })

  it('§2.1 issues nothing for several targets at once: each could use it at the other', async () => {
    expect(await errorOf({ audience: ['billing', 'ledger'] })).toBe('invalid_target')
    expect(await errorOf({ resource: 'https://ledger.example.com' })).toBe('invalid_target')
  })

  it('§2.1 gives scopes of the target, as the policy translates them', async () => {
    const { body } = await world.exchange({ scope: 'invoice:read' })
    expect(body['scope']).toBe('invoice:read')
    expect(await errorOf({ scope: 'invoice:write' })).toBe('invalid_scope')
    expect(await errorOf({ scope: 'orders:read' })).toBe('invalid_scope')
    expect(await errorOf({ scope: 'invoice:read  invoice:write' })).toBe('invalid_scope')
  })

  it('§2.1 issues the type that was requested, or refuses', async () => {
    expect(await errorOf({ requested_token_type: TYPES.accessToken })).toBe('accepted')
    for (const requested_token_type of [TYPES.refreshToken, TYPES.idToken, TYPES.saml2, 'urn:x'])
      expect(await errorOf({ requested_token_type })).toBe('invalid_request')
  })

  it('§2.1 repeats no parameter but resource and audience', async () => {
    const token = await world.userToken()
    for (const form of [
      { subject_token: [token, token] },
      { subject_token_type: [TYPES.jwt, TYPES.jwt] },
      { scope: ['invoice:read', 'invoice:read'] },
      { requested_token_type: [TYPES.accessToken, TYPES.accessToken] },
    ]) {
      expect(await errorOf(form)).toBe('invalid_request')
    }
  })

  it('§2.1 validates the subject token as what it is, whatever the request calls it', async () => {
    const subject_token = await world.userToken()
    for (const subject_token_type of [TYPES.accessToken, TYPES.idToken, TYPES.refreshToken, TYPES.saml2, 'urn:x'])
      expect(await errorOf({ subject_token, subject_token_type })).toBe('invalid_request')
    const own = await exchanged()
    expect(await errorOf({ subject_token: own, subject_token_type: TYPES.jwt })).toBe('invalid_request')
  })

  it('§2.2.1 answers with the token, its type, how to use it, how long, and what for', async () => {
    const { status, headers, body } = await world.exchange({ scope: 'invoice:read' })
    expect(status).toBe(200)
    expect(headers.get('content-type')).toBe('application/json')
    expect(headers.get('cache-control')).toBe('no-store')
    expect(body).toEqual({
      access_token: expect.any(String) as string,
      issued_token_type: TYPES.accessToken,
      token_type: 'Bearer',
      expires_in: 300,
      scope: 'invoice:read',
    })
  })

  it('§2.2.1 gives no refresh token: the exchange is for once', async () => {
    expect((await world.exchange()).body).not.toHaveProperty('refresh_token')
  })

  it('§2.2.2 refuses a subject token that is no good with invalid_request', async () => {
    const [header, payload] = (await world.userToken()).split('.')
    for (const subject_token of [
      'x',
      `${header}.${payload}.${'A'.repeat(86)}`,
      await world.userToken({ exp: 1 }),
      await world.userToken({ aud: 'https://other.example' }),
      await world.userToken({ iss: 'https://evil.example' }),
    ]) {
      const { status, headers, body } = await world.exchange({ subject_token })
      expect([status, body['error']]).toEqual([400, 'invalid_request'])
      expect(headers.get('cache-control')).toBe('no-store')
    }
  })

  it('§2.2.2 refuses a target that cannot be reached with invalid_target', async () => {
    const { status, body } = await world.exchange({ audience: 'nowhere' })
    expect([status, body['error']]).toEqual([400, 'invalid_target'])
  })

  it('§2.2.2 tells a client no more than the error', async () => {
    const answers = await Promise.all([
      world.exchange({ subject_token: await world.userToken({ exp: 1 }) }),
      world.exchange({ subject_token: await world.userToken({ aud: 'x' }) }),
      world.exchange({ subject_token: 'x' }),
    ])
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1)
  })

  it('§3 tells an access token of its own from a JWT of somebody else', async () => {
    const own = await exchanged()
    const form = { grant_type: EXCHANGE, subject_token: own, audience: 'ledger' }
    const good = await world.post('/token', { ...form, subject_token_type: TYPES.accessToken }, { as: 'billing' })
    expect(good.status).toBe(200)
    const bad = await world.post('/token', { ...form, subject_token_type: TYPES.jwt }, { as: 'billing' })
    expect(bad.body['error']).toBe('invalid_request')
  })

  it('§4.1 says in act who acts for the subject, identity alone', async () => {
    expect(claimsOf(await world.exchange())['act']).toEqual({ iss: STS, sub: 'orders' })
  })

  it('§4.1 nests those who acted before, the latest outermost', async () => {
    const form = {
      grant_type: EXCHANGE,
      subject_token: await exchanged(),
      subject_token_type: TYPES.accessToken,
      audience: 'ledger',
    }
    const answer = await world.post('/token', form, { as: 'billing' })
    expect(claimsOf(answer)['act']).toEqual({ iss: STS, sub: 'billing', act: { iss: STS, sub: 'orders' } })
  })

  it('§4.1 keeps the actors that a token of another issuer names, each with its issuer', async () => {
    const subject_token = await world.userToken({ act: { sub: 'agent' } })
    expect(claimsOf(await world.exchange({ subject_token }))['act']).toEqual({
      iss: STS,
      sub: 'orders',
      act: { iss: USERS, sub: 'agent' },
    })
  })

  it('§4.2 §4.3 says scope as one string, and the client in client_id', async () => {
    expect(claimsOf(await world.exchange())).toMatchObject({ scope: 'invoice:read', client_id: 'orders' })
  })

  it('§4.4 lets those act whom may_act names, and nobody else', async () => {
    const named = async (may_act: unknown) => errorOf({ subject_token: await world.userToken({ may_act }) })
    expect(await named({ iss: STS, sub: 'orders' })).toBe('accepted')
    for (const other of [
      { iss: STS, sub: 'billing' },
      // Without an issuer it is somebody of the issuer of the token.
      { sub: 'orders' },
      { iss: 'https://evil.example', sub: 'orders' },
      { iss: STS, sub: 'orders', email: 'not understood' },
      {},
      'orders',
    ]) {
      expect(await named(other)).toBe('invalid_request')
    }
  })

  it('§5 serves nobody with a token that is meant for others', async () => {
    const token = await exchanged()
    const form = { grant_type: EXCHANGE, subject_token: token, subject_token_type: TYPES.accessToken }
    const { body } = await world.post('/token', { ...form, audience: 'billing' }, { as: 'stranger' })
    expect(body['error']).toBe('invalid_request')
  })
})
