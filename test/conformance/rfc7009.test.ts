import { beforeEach, describe, expect, it } from 'vitest'
import { createTokenWorld } from './token-world.js'
import type { Form, Sent, TokenWorld } from './token-world.js'

let world: TokenWorld
beforeEach(async () => {
  world = await createTokenWorld()
})

/** A token that `orders` has for `billing`. */
const issue = async (): Promise<string> => String((await world.exchange()).body['access_token'])

const revoke = (form: Form, sent?: Sent) => world.post('/revoke', form, sent)

const isActive = async (token: string): Promise<unknown> => (await world.post('/introspect', { token })).body['active']

describe('RFC 7009', () => {
  it('§2 answers POST alone', async () => {
    for (const method of ['GET', 'HEAD', 'PUT', 'OPTIONS'])
      expect((await world.get('/acme/revoke', { method })).status).toBe(405)
  })

  it('§2.1 revokes the token that the form names', async () => {
    const token = await issue()
    expect(await isActive(token)).toBe(true)
    const { status, body } = await revoke({ token })
    expect([status, body]).toEqual([200, {}])
    expect(await isActive(token)).toBe(false)
  })

  it('§2.1 wants the token, once, and not in the URL', async () => {
    const token = await issue()
    expect((await revoke({})).body['error']).toBe('invalid_request')
    expect((await revoke({ token: [token, token] })).body['error']).toBe('invalid_request')
    expect((await world.post(`/revoke?token=${token}`, {})).body['error']).toBe('invalid_request')
    expect(await isActive(token)).toBe(true)
  })

  it('§2.1 takes the hint for a hint', async () => {
    for (const token_type_hint of ['access_token', 'refresh_token', 'pat', '']) {
      const token = await issue()
      expect((await revoke({ token, token_type_hint })).status).toBe(200)
      expect(await isActive(token)).toBe(false)
    }
  })

  it('§2.1 wants the client to authenticate', async () => {
    const token = await issue()
    for (const [form, sent] of [
      [{ token }, { as: null }],
      [{ token, client_id: 'orders' }, { as: null }],
      [{ token }, { as: 'nobody' }],
    ] as const) {
      const { status, body } = await revoke(form, sent)
      expect([status, body['error']]).toEqual([401, 'invalid_client'])
    }
    expect(await isActive(token)).toBe(true)
  })

  it('§2.1 refuses a client whose token it is not, and tells it', async () => {
    const token = await issue()
    for (const as of ['billing', 'stranger', 'job']) {
      const { status, body } = await revoke({ token }, { as })
      expect([status, body['error']]).toEqual([400, 'invalid_request'])
    }
    expect(await isActive(token)).toBe(true)
  })

  it('§2.2 answers 200 for a token that is none, that is over, and that was revoked', async () => {
    const token = await issue()
    await revoke({ token })
    for (const text of [token, 'nonsense', `${token}x`, await world.userToken()])
      expect((await revoke({ token: text })).status).toBe(200)
    const old = await issue()
    world.clock.advance(600_000)
    expect((await revoke({ token: old })).status).toBe(200)
  })

  it('§2.2.1 answers an outage with 503, after which the token is still good', async () => {
    const revokeToken = () => Promise.reject(new Error('ECONNREFUSED'))
    world = await createTokenWorld({ revocations: { isRevoked: () => false, revokeToken } })
    const token = await issue()
    const { status, headers } = await revoke({ token })
    expect([status, headers.get('retry-after')]).toEqual([503, '1'])
    expect(await isActive(token)).toBe(true)
  })

  it('§2.3 has nothing for scripts of other pages: no CORS, no callback', async () => {
    const { headers, body } = await revoke({ token: await issue(), callback: 'package.myCallback' })
    expect(headers.get('access-control-allow-origin')).toBeNull()
    expect(body).toEqual({})
  })
})
