import { createVerifier } from '@countersign/core'
import { describe, expect, it } from 'vitest'
import { createTestKey } from '@countersign/testing'
import { createWorld, EXCHANGE, JWT, payloadOf, STS } from './world.js'
import type { World } from './world.js'

const INACTIVE = { active: false }

const introspect = async (world: World, token: string, as = 'job') => {
  const answer = await world.post('/introspect', { as, form: { token } })
  expect(answer.status).toBe(200)
  return answer.body
}

describe('introspection', () => {
  it('RFC 7662 section 2.2: says of a good token what the token says, and how it is presented', async () => {
    const world = await createWorld()
    const token = await world.token()
    const answer = await world.post('/introspect', { as: 'job', form: { token, token_type_hint: 'refresh_token' } })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('content-type')).toBe('application/json')
    expect(answer.body).toEqual({ active: true, token_type: 'Bearer', ...payloadOf(token) })
    expect(answer.body).toMatchObject({
      iss: STS,
      aud: 'https://billing.example',
      client_id: 'job',
      scope: 'invoice:read',
    })
  })

  it('RFC 8693 section 4.1: shows who acts for whom, as the token does', async () => {
    const world = await createWorld()
    const { body } = await world.post('/token', {
      form: {
        grant_type: EXCHANGE,
        subject_token: await world.acme.token({ sub: 'alice', scope: 'orders:read' }),
        subject_token_type: JWT,
        audience: 'billing',
      },
    })
    const token = String(body['access_token'])
    const seen = await introspect(world, token, 'billing')
    expect(seen['act']).toEqual({ iss: STS, sub: 'orders' })
    const { keys } = await world.signingKeys.jwks()
    const issuers = [{ issuer: STS, keys: { jwks: { keys } } }]
    const billing = createVerifier({
      audience: 'https://billing.example',
      issuers,
      runtime: world.options.runtime,
    })
    expect((await billing.verify(token)).actor).toEqual({ issuer: STS, subject: 'orders', clientId: undefined })
  })

  it('RFC 9449 section 6.2: shows what a token is bound to', async () => {
    const world = await createWorld()
    const headers = { DPoP: await world.proof({}, await createTestKey('ES256')) }
    const token = await world.token('job', { headers })
    expect(await introspect(world, token)).toMatchObject({ token_type: 'DPoP', cnf: payloadOf(token)['cnf'] })
  })

  it('is for whom the token is meant for, and whom it was issued to: for everybody else there is none', async () => {
    const world = await createWorld()
    const token = await world.token()
    expect(await introspect(world, token, 'job')).toMatchObject({ active: true })
    expect(await introspect(world, token, 'billing')).toMatchObject({ active: true })
    expect(await introspect(world, token, 'stranger')).toEqual(INACTIVE)
    expect(await introspect(world, token, 'orders')).toEqual(INACTIVE)
  })

  it.each(['', 'x', 'a.b.c', 'x'.repeat(20_000)])(
    'RFC 7662 section 2.2: says nothing of what is no token (%#)',
    async (token) => {
      const world = await createWorld()
      const { status, body } = await world.post('/introspect', { as: 'job', form: { token } })
      if (token === '') expect([status, body['error']]).toEqual([400, 'invalid_request'])
      else expect([status, body]).toEqual([200, INACTIVE])
    },
  )

  it('RFC 7662 section 2.2: says nothing of a token that is over, revoked, forged, or somebody else’s', async () => {
    const world = await createWorld()
    const token = await world.token()
    const [header, payload] = token.split('.')
    expect(await introspect(world, `${header}.${payload}.${'A'.repeat(86)}`)).toEqual(INACTIVE)
    expect(await introspect(world, await world.acme.token({ sub: 'alice' }))).toEqual(INACTIVE)
    world.revocations.revokeToken({ issuer: STS, tokenId: String(payloadOf(token)['jti']) })
    expect(await introspect(world, token)).toEqual(INACTIVE)
    const old = await world.token()
    world.clock.advance(306_000)
    expect(await introspect(world, old)).toEqual(INACTIVE)
  })

  it('stands in the trail: who asked about which token, and why it was worth nothing', async () => {
    const world = await createWorld()
    const token = await world.token()
    const { jti, sub, iat, exp } = payloadOf(token)
    const seen = async (asked: string, as: string): Promise<unknown> => {
      await introspect(world, asked, as)
      return world.audit.entries.at(-1)
    }
    const fp = world.options.audit.fingerprint(token)
    const event = {
      type: 'token.introspected',
      outcome: 'success',
      request: { id: expect.any(String) as string, method: 'POST', route: '/introspect', ip: undefined },
      client: { id: 'billing', authMethod: expect.any(String) as string },
      subject: { iss: STS, sub },
      tokens: { issued: { fp, jti, iss: STS, iat, exp } },
      durationMs: 0,
    }
    expect(await seen(token, 'billing')).toMatchObject(event)
    const foreign = { ...event, outcome: 'denied', client: { ...event.client, id: 'stranger' } }
    expect(await seen(token, 'stranger')).toMatchObject(foreign)
    world.clock.advance(306_000)
    const over = await seen(token, 'billing')
    expect(over).toMatchObject({ outcome: 'failure', reason: 'ERR_TOKEN_EXPIRED', tokens: { subject: { fp } } })
    expect(over).not.toHaveProperty('subject')
    expect(JSON.stringify(world.audit.entries)).not.toContain(token)
  })

  it('waits for no trail, and tells of one that fails', async () => {
    const lines: unknown[] = []
    const quiet = (): void => {}
    const logger = { debug: quiet, info: quiet, warn: quiet, error: (...line: unknown[]) => void lines.push(line) }
    const { options } = await createWorld()
    const token = await (await createWorld()).token()
    let record: () => Promise<void> = () => new Promise(() => {})
    const world = await createWorld({ logger, audit: { ...options.audit, record: () => record() } })
    expect(await introspect(world, token)).toEqual(INACTIVE)
    record = () => Promise.reject(new RangeError('secret'))
    expect(await introspect(world, token)).toEqual(INACTIVE)
    record = () => {
      throw new TypeError('secret')
    }
    expect(await introspect(world, token)).toEqual(INACTIVE)
    const told = ['RangeError', 'TypeError'].map((cause) => ['An introspection could not be recorded', { cause }])
    expect(lines).toEqual(told)
  })

  it('RFC 7662 section 2.1: is for authenticated clients', async () => {
    const world = await createWorld()
    const token = await world.token()
    const { status, body } = await world.post('/introspect', { as: null, form: { token } })
    expect([status, body['error']]).toEqual([401, 'invalid_client'])
    expect(world.audit.entries.at(-1)).toMatchObject({ type: 'authn.failure', request: { route: '/introspect' } })
  })

  it('RFC 7662 section 4: takes no token from a URL', async () => {
    const world = await createWorld()
    const { status, body } = await world.post(`/introspect?token=${await world.token()}`, { as: 'job' })
    expect([status, body['error']]).toEqual([400, 'invalid_request'])
  })

  it('is a 503 where revocation or keys cannot be known, never a no', async () => {
    const store = {
      isRevoked: () => Promise.reject(new Error('ECONNREFUSED')),
      revokeToken: () => Promise.resolve(),
    }
    const world = await createWorld({ revocations: store })
    const form = { token: await world.token() }
    const answer = await world.post('/introspect', { as: 'job', form })
    expect([answer.status, answer.body['error']]).toEqual([503, 'temporarily_unavailable'])
    expect(answer.headers.get('retry-after')).toBe('1')
    const failure = { type: 'token.introspected', outcome: 'error', reason: 'ERR_STATUS_UNAVAILABLE' }
    expect(world.audit.entries.at(-1)).toMatchObject(failure)
  })
})
