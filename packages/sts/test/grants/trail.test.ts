import { UpstreamError } from '@countersign/core'
import { describe, expect, it } from 'vitest'
import { errorOf } from '../refusals.js'
import { ACME, createService, exchangeOf, GLOBEX, NOW_SECONDS, ordersToBilling, STS, TYPES } from '../service.js'

describe('the event of an exchange, section 5.2', () => {
  it('says who exchanged what for whom, by which rule, and what came of it; never a token', async () => {
    const test = await createService({
      rules: [{ ...ordersToBilling, actors: [{ issuer: GLOBEX, subject: 'agent' }] }],
    })
    const subject = await test.acme.token({
      sub: 'alice',
      scope: 'orders:read',
      sid: 's-1',
      auth_time: NOW_SECONDS,
      txn: 't-1',
      act: { sub: 'gateway' },
    })
    const actor = await test.globex.token({ sub: 'agent' })
    const values = { actor_token: actor, actor_token_type: TYPES.jwt }
    const { access_token } = await test.request(
      exchangeOf(subject, { values, resource: 'https://billing.example/api' }),
    )
    const ref = (token: string) => ({
      fp: test.audit.fingerprint(token),
      jti: expect.any(String) as string,
      kid: expect.any(String) as string,
      alg: 'ES256',
      iat: NOW_SECONDS,
      exp: NOW_SECONDS + 300,
    })
    expect(test.audit.entries).toEqual([
      {
        type: 'token.exchange',
        outcome: 'success',
        request: { id: 'request-1', method: 'POST', ip: '192.0.2.1' },
        txn: 't-1',
        subject: { iss: ACME, sub: 'alice', sid: 's-1', authTime: NOW_SECONDS },
        actor: [
          { iss: GLOBEX, sub: 'agent' },
          { iss: ACME, sub: 'gateway' },
        ],
        client: { id: 'orders', authMethod: 'client_secret_basic' },
        target: { name: 'billing', audience: ['https://billing.example'], resource: ['https://billing.example/api'] },
        scope: { requested: [], granted: ['invoice:read'], dropped: [] },
        exchange: {
          profile: 'rfc8693',
          mode: 'delegation',
          depth: 2,
          subjectTokenType: TYPES.jwt,
          actorTokenType: TYPES.jwt,
          issuedTokenType: TYPES.accessToken,
        },
        tokens: {
          subject: { ...ref(subject), iss: ACME },
          actor: { ...ref(actor), iss: GLOBEX },
          issued: { ...ref(access_token), iss: STS },
        },
        policy: { id: 'test', hash: test.service.policy.hash, rule: 'orders-to-billing', mode: 'enforce' },
        durationMs: 0,
      },
    ])
    const written = JSON.stringify(test.audit.entries)
    for (const token of [subject, actor, access_token]) expect(written).not.toContain(token.split('.')[2])
  })

  it('of a refusal says how far it came, and of an unverified token its fingerprint alone', async () => {
    const test = await createService()
    const forged = await test.acme.token({ sub: 'alice', aud: 'https://other.example' })
    await errorOf(() => test.request(exchangeOf(forged, { scope: 'invoice:read' })))
    expect(test.audit.entries).toEqual([
      {
        type: 'token.exchange',
        outcome: 'failure',
        reason: 'ERR_TOKEN_AUDIENCE',
        request: { id: 'request-1', method: 'POST', ip: '192.0.2.1' },
        client: { id: 'orders', authMethod: 'client_secret_basic' },
        target: { audience: ['billing'], resource: [] },
        scope: { requested: ['invoice:read'], granted: [], dropped: [] },
        exchange: { profile: 'rfc8693', mode: 'none', depth: 0, subjectTokenType: TYPES.jwt },
        tokens: { subject: { fp: test.audit.fingerprint(forged) } },
        durationMs: 0,
      },
    ])
  })

  it('tells a refused actor token from a refused subject token', async () => {
    const test = await createService()
    const subject = await test.acme.token({ sub: 'alice', scope: 'orders:read' })
    const actor = await test.globex.token({ aud: 'https://other.example' })
    const values = { actor_token: actor, actor_token_type: TYPES.jwt }
    const error = await errorOf(() => test.request(exchangeOf(subject, { values })))
    expect([error.reason, error.rootReason]).toEqual(['ERR_STS_ACTOR_TOKEN', 'ERR_TOKEN_AUDIENCE'])
    expect(test.audit.entries).toMatchObject([
      { subject: { sub: 'alice' }, tokens: { actor: { fp: expect.any(String) as string } } },
    ])
  })

  it('names the subject of a token of ours by whom it is about in the first place', async () => {
    const test = await createService()
    const own = await test.ownToken({ sub: 'pairwise', sub_id: { format: 'iss_sub', iss: ACME, sub: 'alice' } })
    await test.request(exchangeOf(own, { values: { subject_token_type: TYPES.accessToken } }))
    expect(test.audit.entries[0]?.subject).toMatchObject({ iss: ACME, sub: 'alice' })
  })

  it('names the rules that would have refused it, had they been enforced', async () => {
    const watching = {
      id: 'watching',
      effect: 'deny',
      clients: ['orders'],
      targets: ['billing'],
      subjectIssuers: [ACME],
    } as const
    const test = await createService({ rules: [ordersToBilling, { ...watching, observe: true }] })
    await test.request(exchangeOf(await test.acme.token({ scope: 'orders:read' })))
    expect(test.audit.entries[0]).toMatchObject({
      outcome: 'success',
      policy: { rule: 'orders-to-billing', observed: ['watching'], mode: 'observe' },
    })
  })

  it('of the other grants is of another type', async () => {
    const test = await createService()
    await test.request({ client: 'job', grant: 'client-credentials', audience: 'billing' })
    const assertion = await test.acme.token({ sub: 'alice', scope: 'orders:read' }, { typ: 'JWT' })
    await test.request({ grant: 'jwt-bearer', audience: 'billing', values: { assertion } })
    expect(test.audit.entries).toMatchObject([
      {
        type: 'token.grant',
        subject: { iss: STS, sub: 'job', kind: 'service' },
        exchange: { profile: 'client-credentials', mode: 'none', depth: 0 },
      },
      {
        type: 'token.grant',
        subject: { iss: ACME, sub: 'alice' },
        exchange: { profile: 'rfc7523', mode: 'delegation', depth: 1, subjectTokenType: TYPES.jwt },
      },
    ])
  })
})

describe('write-ahead, section 5.3 promise 1', () => {
  it('answers only once the event is kept', async () => {
    const order: string[] = []
    const test = await createService()
    const record = test.audit.record.bind(test.audit)
    test.audit.record = async (entry) => {
      await new Promise((resolve) => setImmediate(resolve))
      await record(entry)
      order.push('kept')
    }
    await test.request(exchangeOf(await test.acme.token({ scope: 'orders:read' })))
    order.push('answered')
    expect(order).toEqual(['kept', 'answered'])
  })

  it('gives out no token where the event cannot be kept: 503, and when to ask again', async () => {
    const test = await createService()
    test.audit.failing = true
    const asked = exchangeOf(await test.acme.token({ scope: 'orders:read' }))
    const error = await errorOf(() => test.request(asked))
    expect(error).toMatchObject({
      code: 'temporarily_unavailable',
      status: 503,
      reason: 'ERR_STS_AUDIT_UNAVAILABLE',
      retryAfterSeconds: 7,
    })
    test.audit.failing = false
    await expect(test.request(asked)).resolves.toMatchObject({ token_type: 'Bearer' })
  })

  it('answers a refusal that cannot be kept with 503 too: a probe leaves a trace or learns nothing', async () => {
    const test = await createService()
    test.audit.failing = true
    const error = await errorOf(() => test.request(exchangeOf('opaque')))
    expect(error).toMatchObject({ code: 'temporarily_unavailable', reason: 'ERR_STS_AUDIT_UNAVAILABLE' })
  })

  it.each([
    ['503 where the keys cannot be had', new UpstreamError('ERR_KEYS_UNAVAILABLE'), 503, 'ERR_KEYS_UNAVAILABLE'],
    ['500 where nobody foresaw it', new RangeError('secret'), 500, 'ERR_STS_UNEXPECTED'],
  ])('says %s, and keeps that it failed', async (_, failure, status, reason) => {
    const { service } = await createService()
    const signingKeys = { ...service.signingKeys, findSigner: () => Promise.reject(failure) }
    const test = await createService({ signingKeys })
    const error = await errorOf(async () => test.request(exchangeOf(await test.acme.token({ scope: 'orders:read' }))))
    expect([error.status, error.message]).not.toContain('secret')
    expect(error).toMatchObject({ status, rootReason: reason })
    expect(test.audit.entries).toMatchObject([{ outcome: 'error', reason }])
  })
})
