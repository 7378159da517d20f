import { calculateJwkThumbprint } from 'jose'
import { createTestKey } from '@countersign/testing'
import { describe, expect, it } from 'vitest'
import { createWorld, EXCHANGE, JWT, JWT_BEARER, payloadOf, SECRET, STS, toBasic } from './world.js'

const credentials = { grant_type: 'client_credentials', audience: 'billing' }

describe('the token endpoint', () => {
  it('RFC 6749 section 5.1: answers a grant with JSON that nobody keeps', async () => {
    const world = await createWorld()
    const { status, headers, body } = await world.post('/token', { as: 'job', form: credentials })
    expect(status).toBe(200)
    expect(headers.get('content-type')).toBe('application/json')
    expect(headers.get('cache-control')).toBe('no-store')
    expect(body).toEqual({
      access_token: expect.any(String) as string,
      token_type: 'Bearer',
      expires_in: 300,
      scope: 'invoice:read',
    })
    expect(payloadOf(String(body['access_token']))).toMatchObject({ iss: STS, client_id: 'job' })
  })

  it('RFC 8693 section 2.2: exchanges the token of a user', async () => {
    const world = await createWorld()
    const form = {
      grant_type: EXCHANGE,
      subject_token: await world.acme.token({ sub: 'alice', scope: 'orders:read' }),
      subject_token_type: JWT,
      audience: 'billing',
      scope: 'invoice:read',
    }
    const { status, body } = await world.post('/token', { form })
    expect(status).toBe(200)
    expect(payloadOf(String(body['access_token']))).toMatchObject({
      aud: 'https://billing.example',
      act: { iss: STS, sub: 'orders' },
    })
    expect(world.audit.entries).toHaveLength(1)
    expect(world.audit.entries[0]).toMatchObject({ type: 'token.exchange', outcome: 'success' })
  })

  it('takes a client by its assertion, and a workload by the token of its platform', async () => {
    const world = await createWorld()
    const byKey = { client_assertion: await world.assertion(), client_assertion_type: JWT_BEARER }
    expect((await world.post('/token', { as: null, form: { ...credentials, ...byKey } })).status).toBe(200)
    const token = await world.ci.token({ repository_id: '74' }, { header: { typ: 'JWT' } })
    const byToken = { client_assertion: token, client_assertion_type: JWT_BEARER }
    const { body } = await world.post('/token', { as: null, form: { ...credentials, ...byToken } })
    expect(payloadOf(String(body['access_token']))).toMatchObject({ client_id: 'deploy' })
  })

  it('RFC 6749 section 5.2: shows a refusal as one constant text, and records why', async () => {
    const world = await createWorld()
    const { status, headers, body } = await world.post('/token', { form: { grant_type: 'password' } })
    expect(status).toBe(400)
    expect(body).toEqual({ error: 'unsupported_grant_type', error_description: 'The grant type is not supported' })
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('www-authenticate')).toBeNull()
    expect(world.audit.entries).toEqual([
      {
        type: 'token.grant',
        outcome: 'failure',
        reason: 'ERR_STS_GRANT_UNSUPPORTED',
        request: { id: expect.any(String) as string, method: 'POST', route: '/token', ip: undefined },
        client: { id: 'orders', authMethod: 'client_secret_basic', keyId: undefined },
        durationMs: 0,
      },
    ])
  })

  it.each([
    [{}, 'ERR_STS_PARAMETER_MISSING'],
    [{ grant_type: '' }, 'ERR_STS_PARAMETER_MISSING'],
    [{ ...credentials, scope: 'a  b' }, 'ERR_STS_SCOPE_MALFORMED'],
    [{ grant_type: 'Client_Credentials' }, 'ERR_STS_GRANT_UNSUPPORTED'],
  ])('records one event for what it cannot read: %j', async (form, reason) => {
    const world = await createWorld()
    const { status } = await world.post('/token', { as: 'job', form })
    expect(status).toBe(400)
    expect(world.audit.entries.map((entry) => entry.reason)).toEqual([reason])
  })
})

describe('the authentication of clients', () => {
  it('RFC 6749 section 5.2: is refused with 401, and a challenge for those who used the field', async () => {
    const world = await createWorld()
    const wrong = { Authorization: toBasic('job', 'x'.repeat(32)) }
    const byField = await world.post('/token', { as: null, headers: wrong, form: credentials })
    expect(byField.status).toBe(401)
    expect(byField.headers.get('www-authenticate')).toBe('Basic realm="token service", charset="UTF-8"')
    expect(byField.body).toEqual({ error: 'invalid_client', error_description: 'Client authentication failed' })
    const form = { ...credentials, client_id: 'job', client_secret: SECRET }
    const inBody = await world.post('/token', { as: null, form })
    expect(inBody.status).toBe(401)
    expect(inBody.headers.get('www-authenticate')).toBeNull()
  })

  it('answers for a client that does not exist, byte for byte, what it answers for a wrong secret', async () => {
    const world = await createWorld()
    const answerTo = async (Authorization: string) => {
      const { status, headers, body } = await world.post('/token', { as: null, headers: { Authorization } })
      return { status, body, headers: [...headers] }
    }
    const known = await answerTo(toBasic('job', 'x'.repeat(32)))
    for (const authorization of [
      toBasic('nobody'),
      toBasic('keyed'),
      toBasic('deploy'),
      toBasic('job', ''),
      'Bearer x',
    ]) {
      expect(await answerTo(authorization)).toEqual(known)
    }
  })

  it('is recorded where it fails, with the client where there is such a client, and without what a stranger wrote', async () => {
    const world = await createWorld()
    const peer = { remoteAddress: '192.0.2.7' }
    await world.post('/token', { as: null, headers: { Authorization: toBasic('job', 'wrong') }, peer })
    await world.post('/token', { as: null, headers: { Authorization: toBasic('evil-name', 'evil-secret') }, peer })
    await world.post('/token', { as: null, form: { client_id: 'evil-name' }, headers: { 'User-Agent': 'evil' }, peer })
    const request = { id: expect.any(String) as string, method: 'POST', route: '/token', ip: '192.0.2.7' }
    const failure = { type: 'authn.failure', outcome: 'failure', request, durationMs: 0 }
    expect(world.audit.entries).toEqual([
      { ...failure, reason: 'ERR_STS_CLIENT_SECRET', client: { id: 'job', authMethod: undefined } },
      { ...failure, reason: 'ERR_STS_CLIENT_UNKNOWN', client: undefined },
      { ...failure, reason: 'ERR_STS_CLIENT_UNKNOWN', client: undefined },
    ])
    expect(JSON.stringify([world.audit.entries, world.logged])).not.toContain('evil')
  })

  it('says exactly what was wrong with an assertion, to the audit trail alone', async () => {
    const world = await createWorld()
    const form = { ...credentials, client_assertion_type: JWT_BEARER }
    await world.post('/token', { as: null, form: { ...form, client_assertion: await world.assertion({ aud: 'x' }) } })
    await world.post('/token', { as: null, form: { ...form, client_assertion: await world.assertion({ exp: 1 }) } })
    expect(world.audit.entries.map(({ reason }) => reason)).toEqual(['ERR_TOKEN_AUDIENCE', 'ERR_TOKEN_EXPIRED'])
  })

  it('tells a replay from a failure', async () => {
    const world = await createWorld()
    const form = { ...credentials, client_assertion: await world.assertion(), client_assertion_type: JWT_BEARER }
    await world.post('/token', { as: null, form })
    expect((await world.post('/token', { as: null, form })).status).toBe(401)
    expect(world.audit.entries.at(-1)).toMatchObject({
      type: 'replay.detected',
      reason: 'ERR_STS_CLIENT_REPLAYED',
      client: { id: 'keyed' },
    })
  })

  it('stays refused where the refusal cannot be recorded', async () => {
    const world = await createWorld()
    world.audit.failing = true
    const { status } = await world.post('/token', { as: null, headers: { Authorization: toBasic('job', 'wrong') } })
    expect(status).toBe(401)
    expect(world.logged).toEqual([
      ['A refused request could not be recorded', { reason: 'ERR_STS_CLIENT_SECRET', cause: 'UpstreamError' }],
    ])
  })
})

describe('a DPoP proof', () => {
  it('RFC 9449 section 5: binds the token to its key', async () => {
    const world = await createWorld()
    const key = await createTestKey('ES256')
    const headers = { DPoP: await world.proof({}, key) }
    const { status, body } = await world.post('/token', { as: 'job', form: credentials, headers })
    expect(status).toBe(200)
    expect(body['token_type']).toBe('DPoP')
    expect(payloadOf(String(body['access_token']))['cnf']).toEqual({
      jkt: await calculateJwkThumbprint(key.publicJwk),
    })
  })

  it.each([
    [{ htm: 'GET' }, 'ERR_PROOF_METHOD'],
    [{ htu: `${STS}/introspect` }, 'ERR_PROOF_URL'],
    [{ htu: 'https://other.example/token' }, 'ERR_PROOF_URL'],
    [{ iat: 1 }, 'ERR_PROOF_TIME'],
    [{ jti: undefined }, 'ERR_PROOF_CLAIM'],
  ])('RFC 9449 section 5: that is no good is refused with 400: %j', async (claims, reason) => {
    const world = await createWorld()
    const headers = { DPoP: await world.proof(claims) }
    const { status, body } = await world.post('/token', { as: 'job', form: credentials, headers })
    expect([status, body]).toEqual([
      400,
      { error: 'invalid_dpop_proof', error_description: 'The DPoP proof is invalid' },
    ])
    expect(world.audit.entries).toMatchObject([
      { type: 'authn.failure', reason, client: { id: 'job', authMethod: 'client_secret_basic' } },
    ])
  })

  it('RFC 9449 section 11.1: is used once', async () => {
    const world = await createWorld()
    const headers = { DPoP: await world.proof() }
    expect((await world.post('/token', { as: 'job', form: credentials, headers })).status).toBe(200)
    const again = await world.post('/token', { as: 'job', form: credentials, headers })
    expect(again.body['error']).toBe('invalid_dpop_proof')
    expect(world.audit.entries.at(-1)).toMatchObject({ type: 'replay.detected', reason: 'ERR_PROOF_REPLAYED' })
  })

  it('is one: two fields are none', async () => {
    const world = await createWorld()
    const headers = { DPoP: `${await world.proof()}, ${await world.proof()}` }
    expect((await world.post('/token', { as: 'job', form: credentials, headers })).body['error']).toBe(
      'invalid_dpop_proof',
    )
  })

  it('is looked at for clients alone', async () => {
    const world = await createWorld()
    const headers = { DPoP: 'nonsense' }
    const { body } = await world.post('/token', { as: 'nobody', form: credentials, headers })
    expect(body['error']).toBe('invalid_client')
  })

  it('RFC 9449 section 8: holds a nonce where the service asks for one, which is no failure', async () => {
    const world = await createWorld({ dpop: { nonce: { secrets: [SECRET] } } })
    const form = credentials
    const asked = await world.post('/token', { as: 'job', form, headers: { DPoP: await world.proof() } })
    expect([asked.status, asked.body['error']]).toEqual([400, 'use_dpop_nonce'])
    expect(world.audit.entries).toEqual([])
    const nonce = asked.headers.get('dpop-nonce')
    expect(nonce).toEqual(expect.any(String))
    const headers = { DPoP: await world.proof({ nonce }) }
    const answer = await world.post('/token', { as: 'job', form, headers })
    expect(answer.status).toBe(200)
    // At the beginning of a slot clients are told the nonce that they will need.
    expect(answer.headers.get('dpop-nonce')).toBe(nonce)
    world.clock.advance(30_000)
    const later = await world.post('/token', {
      as: 'job',
      form,
      headers: { DPoP: await world.proof({ nonce }) },
    })
    expect([later.status, later.headers.get('dpop-nonce')]).toEqual([200, null])
  })
})

describe('what the service depends on', () => {
  it('makes a 503 of a replay store that is away, and works again without a restart', async () => {
    let away = true
    const claim = () => (away ? Promise.reject(new Error('ECONNREFUSED')) : { fresh: true })
    const world = await createWorld({ replayStore: { shared: false, claim } })
    const send = async () => {
      const form = { ...credentials, client_assertion: await world.assertion(), client_assertion_type: JWT_BEARER }
      return world.post('/token', { as: null, form })
    }
    const answer = await send()
    expect([answer.status, answer.body, answer.headers.get('retry-after')]).toEqual([
      503,
      {
        error: 'temporarily_unavailable',
        error_description: 'The request cannot be answered at the moment',
      },
      '1',
    ])
    expect(world.audit.entries).toMatchObject([{ outcome: 'error', reason: 'ERR_STORE_UNAVAILABLE' }])
    away = false
    expect((await send()).status).toBe(200)
  })

  it('makes a 503 of an audit trail that is away: what cannot be recorded does not happen', async () => {
    const world = await createWorld()
    world.audit.failing = true
    const { status, headers, body } = await world.post('/token', { as: 'job', form: credentials })
    expect([status, headers.get('retry-after')]).toEqual([503, '7'])
    expect(body).not.toHaveProperty('access_token')
    world.audit.failing = false
    expect((await world.post('/token', { as: 'job', form: credentials })).status).toBe(200)
  })

  it('makes a 500 of what nobody foresaw, without a word of it', async () => {
    const world = await createWorld({
      replayStore: { shared: false, claim: () => ({ fresh: true }) },
      signingKeys: {
        ...(await createWorld()).signingKeys,
        findSigner: () => Promise.reject(new TypeError('secret detail')),
      },
    })
    const { status, body } = await world.post('/token', { as: 'job', form: credentials })
    expect([status, body]).toEqual([
      500,
      { error: 'server_error', error_description: 'The request could not be processed' },
    ])
    expect(JSON.stringify(world.logged)).not.toContain('secret detail')
    expect(world.logged).toHaveLength(1)
  })
})
