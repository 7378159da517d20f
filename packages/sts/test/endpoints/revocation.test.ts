import { describe, expect, it } from 'vitest'
import { CompactSign } from 'jose'
import { createWorld, payloadOf, STS } from './world.js'
import type { World } from './world.js'

const revoke = (world: World, token: string, as = 'job', hint?: string) =>
  world.post('/revoke', { as, form: { token, token_type_hint: hint } })

const isActive = async (world: World, token: string): Promise<unknown> =>
  (await world.post('/introspect', { as: 'job', form: { token } })).body['active']

/** As an API asks that knows a token by its own issuer and id alone. */
const isTokenRevoked = (world: World, token: string): boolean => {
  const tokenId = payloadOf(token)['jti'] as string
  return world.revocations.isRevoked({
    issuer: STS,
    tokenId,
    subject: undefined,
    sessionId: undefined,
    issuedAtSeconds: undefined,
  })
}

describe('revocation', () => {
  it('RFC 7009 section 2.2: puts out a token of the client who asks, and answers with nothing', async () => {
    const world = await createWorld()
    const token = await world.token()
    const { status, headers, body } = await revoke(world, token)
    expect([status, body, headers.get('cache-control')]).toEqual([200, {}, 'no-store'])
    expect(await isActive(world, token)).toBe(false)
    expect(world.audit.entries.find(({ type }) => type === 'token.revoked')).toEqual({
      type: 'token.revoked',
      outcome: 'success',
      request: { id: expect.any(String) as string, method: 'POST', route: '/revoke', ip: undefined },
      client: { id: 'job', authMethod: 'client_secret_basic', keyId: undefined },
      subject: { iss: STS, sub: 'job' },
      tokens: {
        issued: {
          fp: `fp:${token.length}`,
          jti: payloadOf(token)['jti'],
          iss: STS,
          iat: payloadOf(token)['iat'],
          exp: payloadOf(token)['exp'],
        },
      },
      durationMs: 0,
    })
  })

  it('RFC 7009 section 2.1: makes nothing of what the client takes the token for', async () => {
    const world = await createWorld()
    for (const hint of ['access_token', 'refresh_token', 'nonsense']) {
      const token = await world.token()
      expect((await revoke(world, token, 'job', hint)).status).toBe(200)
      expect(await isActive(world, token)).toBe(false)
    }
  })

  it('RFC 7009 section 2.1: refuses a client whose token it is not, and leaves the token as it is', async () => {
    const world = await createWorld()
    const token = await world.token()
    for (const other of ['stranger', 'billing', 'orders']) {
      const { status, body } = await revoke(world, token, other)
      expect([status, body['error']]).toEqual([400, 'invalid_request'])
    }
    expect(await isActive(world, token)).toBe(true)
  })

  it('RFC 7009 section 2.2: answers 200 for what is no token, or none of ours, or over', async () => {
    const world = await createWorld()
    const token = await world.token()
    const old = await world.token()
    const [header, payload] = token.split('.')
    const forged = `${header}.${payload}.${'A'.repeat(86)}`
    const theirs = await world.acme.token({ sub: 'alice' })
    const theirOwnKind = await world.acme.token({ sub: 'alice' }, { header: { typ: 'JWT' } })
    for (const text of ['x', 'a.b.c', forged, theirs, theirOwnKind, 'x'.repeat(20_000)]) {
      expect((await revoke(world, text)).status).toBe(200)
    }
    expect(await isActive(world, token)).toBe(true)
    world.clock.advance(400_000)
    expect((await revoke(world, old)).status).toBe(200)
    expect(world.audit.entries.filter(({ type }) => type === 'token.revoked')).toHaveLength(0)
  })

  it('RFC 7009 section 2.2.1: says that other kinds of token of ours cannot be revoked', async () => {
    const world = await createWorld()
    const signer = await world.signingKeys.findSigner('ES256')
    const claims = { ...payloadOf(await world.token()), aud: 'https://sts.partner.example' }
    const grant = await new CompactSign(Buffer.from(JSON.stringify(claims)))
      .setProtectedHeader({ alg: 'ES256', kid: signer.kid, typ: 'JWT' })
      .sign(signer.privateKey)
    const { status, body } = await revoke(world, grant)
    expect([status, body['error']]).toEqual([400, 'unsupported_token_type'])
  })

  it('RFC 7009 section 2.2.1: is a 503 where it cannot be written down: the token is still good', async () => {
    let away = true
    const store = {
      isRevoked: () => false,
      revokeToken: () => (away ? Promise.reject(new Error('ECONNREFUSED')) : Promise.resolve()),
    }
    const world = await createWorld({ revocations: store })
    const token = await world.token()
    const answer = await revoke(world, token)
    expect([answer.status, answer.body['error']]).toEqual([503, 'temporarily_unavailable'])
    expect(answer.headers.get('retry-after')).toBe('1')
    expect(world.audit.entries.some(({ type }) => type === 'token.revoked')).toBe(false)
    away = false
    expect((await revoke(world, token)).status).toBe(200)
  })

  it('RFC 7009 section 2.2.1: is a 503 for a token whose key was revoked, as long as an API that knows the key may take it', async () => {
    const world = await createWorld()
    const token = await world.token()
    await world.signingKeys.revoke((await world.signingKeys.findSigner('ES256')).kid)
    const { status, body } = await revoke(world, token)
    expect([status, body['error']]).toEqual([503, 'temporarily_unavailable'])
    world.clock.advance(400_000)
    expect((await revoke(world, token)).status).toBe(200)
  })

  it('is a 503 where it cannot be recorded, and done when it is asked for again', async () => {
    const world = await createWorld()
    const token = await world.token()
    world.audit.failing = true
    expect((await revoke(world, token)).status).toBe(503)
    world.audit.failing = false
    expect((await revoke(world, token)).status).toBe(200)
    expect(await isActive(world, token)).toBe(false)
    expect(world.audit.entries.filter(({ type }) => type === 'token.revoked')).toHaveLength(1)
  })

  it('puts out a token whose subject its own issuer has put out, which an API does not ask for', async () => {
    const world = await createWorld()
    const form = {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: await world.acme.token({ sub: 'alice', scope: 'orders:read' }),
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      audience: 'billing',
      scope: 'invoice:read',
    }
    const token = await world.token('orders', { form })
    world.revocations.revokeSubject({ issuer: world.acme.issuer, subject: 'alice' })
    expect((await revoke(world, token, 'orders')).status).toBe(200)
    expect(isTokenRevoked(world, token)).toBe(true)
  })

  it('puts out a token that is over by our clock, as long as an API may still take it', async () => {
    const world = await createWorld()
    const token = await world.token()
    const { exp } = payloadOf(token)
    world.clock.advance(((exp as number) + 50) * 1_000 - world.clock.now())
    expect((await revoke(world, token)).status).toBe(200)
    expect(isTokenRevoked(world, token)).toBe(true)
  })

  it('RFC 7009 section 2.1: is for authenticated clients, and wants a token', async () => {
    const world = await createWorld()
    const nobody = await world.post('/revoke', { as: null, form: { token: await world.token() } })
    expect([nobody.status, nobody.body['error']]).toEqual([401, 'invalid_client'])
    const nothing = await world.post('/revoke', { as: 'job' })
    expect([nothing.status, nothing.body['error']]).toEqual([400, 'invalid_request'])
  })

  it('is not there where there is nowhere to write it down', async () => {
    const world = await createWorld({ revocations: undefined })
    expect((await revoke(world, 'x')).status).toBe(404)
  })
})
