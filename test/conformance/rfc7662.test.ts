import { decodeJwt } from 'jose'
import { beforeEach, describe, expect, it } from 'vitest'
import { createTokenWorld, STS, USERS } from './token-world.js'
import type { Form, Sent, TokenWorld } from './token-world.js'

let world: TokenWorld
beforeEach(async () => {
  world = await createTokenWorld()
})

/** A token that `orders` has for `billing`. */
const issue = async (form?: Form): Promise<string> => String((await world.exchange(form)).body['access_token'])

const ask = (form: Form, sent: Sent = { as: 'billing' }) => world.post('/introspect', form, sent)

describe('RFC 7662, the server', () => {
  it('§2.1 answers POST alone', async () => {
    for (const method of ['GET', 'HEAD', 'PUT', 'OPTIONS'])
      expect((await world.get('/acme/introspect', { method })).status).toBe(405)
  })

  it('§2.1 wants the token, once, and not in the URL', async () => {
    const token = await issue()
    expect((await ask({})).body['error']).toBe('invalid_request')
    expect((await ask({ token: [token, token] })).body['error']).toBe('invalid_request')
    expect((await world.post(`/introspect?token=${token}`, {}, { as: 'billing' })).status).toBe(400)
  })

  it('§2.1 takes the hint for a hint', async () => {
    const token = await issue()
    for (const token_type_hint of ['access_token', 'refresh_token', 'pat'])
      expect((await ask({ token, token_type_hint })).body['active']).toBe(true)
  })

  it('§2.1 §2.3 wants whoever asks to authenticate: 401 otherwise', async () => {
    const token = await issue()
    for (const [form, sent] of [
      [{ token }, { as: null }],
      [{ token }, { as: null, headers: { Authorization: `Bearer ${token}` } }],
      [{ token }, { as: 'nobody' }],
    ] as const) {
      const { status, body } = await ask(form, sent)
      expect([status, body['error']]).toEqual([401, 'invalid_client'])
    }
  })

  it('§2.2 says of an active token what it says itself, with the types of the specification', async () => {
    const token = await issue()
    const { status, headers, body } = await ask({ token })
    expect(status).toBe(200)
    expect(headers.get('content-type')).toBe('application/json')
    expect(headers.get('cache-control')).toBe('no-store')
    expect(body).toEqual({ active: true, token_type: 'Bearer', ...decodeJwt(token) })
    for (const member of ['scope', 'client_id', 'sub', 'iss', 'jti']) expect(typeof body[member]).toBe('string')
    for (const member of ['exp', 'iat']) expect(Number.isSafeInteger(body[member])).toBe(true)
  })

  it('§2.2 RFC 8693 §4.1 shows the whole chain of actors, as the token does', async () => {
    const subject_token = await world.userToken({ act: { sub: 'agent' } })
    const { body } = await ask({ token: await issue({ subject_token }) })
    expect(body['act']).toEqual({ iss: STS, sub: 'orders', act: { iss: USERS, sub: 'agent' } })
  })

  it('§2.2 says nothing but active: false of everything else', async () => {
    const token = await issue()
    const [header, payload] = token.split('.')
    const old = await issue()
    world.clock.advance(306_000)
    const revoked = await issue()
    await world.post('/revoke', { token: revoked })
    for (const text of [
      'nonsense',
      `${header}.${payload}.${'A'.repeat(86)}`,
      `${token}x`,
      await world.userToken(),
      old,
      revoked,
    ]) {
      const { status, body } = await ask({ token: text })
      expect([status, body]).toEqual([200, { active: false }])
    }
  })

  it('§2.2 §4 says nothing of a token to whom it is not meant for, and was not issued to', async () => {
    const token = await issue()
    expect((await ask({ token }, { as: 'billing' })).body['active']).toBe(true)
    expect((await ask({ token }, { as: 'orders' })).body['active']).toBe(true)
    for (const as of ['stranger', 'job']) expect((await ask({ token }, { as })).body).toEqual({ active: false })
  })

  it('§2.3 answers what cannot be known with 503, and never with active: false', async () => {
    let isAway = false
    const isRevoked = () => (isAway ? Promise.reject(new Error('ECONNREFUSED')) : false)
    world = await createTokenWorld({ revocations: { isRevoked, revokeToken: () => {} } })
    const token = await issue()
    isAway = true
    const { status, headers, body } = await ask({ token })
    expect([status, headers.get('retry-after')]).toEqual([503, '1'])
    expect(body).not.toHaveProperty('active')
  })

  it('§4 has nothing for scripts of other pages', async () => {
    const { headers } = await ask({ token: await issue() })
    expect(headers.get('access-control-allow-origin')).toBeNull()
  })
})
