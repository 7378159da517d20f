import { describe, expect, it } from 'vitest'
import {
  ACME,
  createService,
  exchangeOf,
  NOW_SECONDS,
  ordersToBilling,
  outcomeOf,
  payloadOf,
  STS,
  TARGETS,
  TYPES,
} from '../service.js'
import type { Asked, ServiceChanges, TestService } from '../service.js'

const TXN_TOKEN = 'urn:ietf:params:oauth:token-type:txn_token'
const bad = (reason: string): string => `invalid_request failure ${reason}`

async function createTransactionService(changes: ServiceChanges = {}): Promise<TestService> {
  return createService({
    targets: {
      ...TARGETS,
      domain: { audience: 'trust-domain.example', scopes: ['trade.stocks'], tokenLifetimeSeconds: 60 },
    },
    rules: [{ ...ordersToBilling, targets: ['domain'], scopes: { 'orders:read': ['trade.stocks'] } }],
    experimental: {
      transactionTokensDraft08: {
        trustDomains: { domain: { context: ['req_ip', 'authn'], details: ['action', 'customer'] } },
      },
    },
    ...changes,
  })
}

async function ask(test: TestService, claims: object = {}, changes: Asked = {}): Promise<Asked> {
  const subject = await test.acme.token({ sub: 'alice', scope: 'orders:read', ...claims })
  const values = { requested_token_type: TXN_TOKEN, ...changes.values }
  return exchangeOf(subject, { audience: 'trust-domain.example', scope: 'trade.stocks', ...changes, values })
}

describe('transaction tokens, draft-ietf-oauth-transaction-tokens-08', () => {
  it('sections 5.2 and 7.4: say who asked what for whom, in which transaction', async () => {
    const test = await createTransactionService()
    const values = {
      request_context: JSON.stringify({ req_ip: '192.0.2.7', authn: 'urn:ietf:rfc:6749', admin: true }),
      request_details: JSON.stringify({ action: 'BUY', customer: { level: 'VIP' }, role: 'admin' }),
    }
    const response = await test.request(await ask(test, { txn: 'txn-1' }, { values }))
    expect(response).toEqual({
      access_token: expect.any(String) as string,
      issued_token_type: TXN_TOKEN,
      token_type: 'N_A',
      expires_in: 60,
      scope: 'trade.stocks',
    })
    const header = JSON.parse(Buffer.from(response.access_token.split('.')[0] ?? '', 'base64url').toString()) as object
    expect(header).toMatchObject({ typ: 'txntoken+jwt' })
    expect(payloadOf(response.access_token)).toEqual({
      iss: STS,
      sub: expect.stringMatching(/^[\w-]{43}$/) as string,
      sub_id: { format: 'iss_sub', iss: ACME, sub: 'alice' },
      aud: 'trust-domain.example',
      iat: NOW_SECONDS,
      exp: NOW_SECONDS + 60,
      jti: expect.any(String) as string,
      txn: 'txn-1',
      scope: 'trade.stocks',
      req_wl: 'orders',
      act: { iss: STS, sub: 'orders' },
      rctx: { req_ip: '192.0.2.7', authn: 'urn:ietf:rfc:6749' },
      tctx: { action: 'BUY', customer: { level: 'VIP' } },
    })
    expect(test.audit.entries.at(-1)).toMatchObject({
      txn: 'txn-1',
      exchange: { profile: 'txn-token', issuedTokenType: TXN_TOKEN },
    })
  })

  it('section 7.1: need a scope: a transaction has a purpose', async () => {
    const test = await createTransactionService()
    const { scope: _, ...asked } = await ask(test)
    expect(await outcomeOf(test, asked)).toBe(bad('ERR_STS_PARAMETER_MISSING'))
  })

  it('section 7.3: a subject whose scopes are not known has none', async () => {
    const test = await createTransactionService()
    expect(await outcomeOf(test, await ask(test, { scope: undefined }))).toBe(
      'invalid_scope denied ERR_STS_SCOPE_FORBIDDEN',
    )
  })

  it.each(['[]', 'null', '"text"', '{', '{"a":1', JSON.stringify({ action: 'x'.repeat(2_048) })])(
    'section 7.1: a context of %s is refused',
    async (text) => {
      const test = await createTransactionService()
      for (const parameter of ['request_context', 'request_details'])
        expect(await outcomeOf(test, await ask(test, {}, { values: { [parameter]: text } }))).toBe(
          bad('ERR_STS_PARAMETER_UNEXPECTED'),
        )
    },
  )

  it('carry nothing of the request that the trust domain does not list', async () => {
    const test = await createTransactionService({
      experimental: { transactionTokensDraft08: { trustDomains: { domain: {} } } },
    })
    const values = {
      request_context: '{"req_ip":"192.0.2.7"}',
      request_details: '{"action":"BUY","__proto__":{"a":1}}',
    }
    const claims = payloadOf((await test.request(await ask(test, {}, { values }))).access_token)
    for (const claim of ['rctx', 'tctx', 'client_id']) expect(claims).not.toHaveProperty(claim)
  })

  it('are all that a trust domain is given, and no API is given one', async () => {
    const test = await createTransactionService()
    expect(await outcomeOf(test, await ask(test, {}, { values: { requested_token_type: TYPES.accessToken } }))).toBe(
      bad('ERR_STS_REQUESTED_TYPE'),
    )
    const api = await createService()
    expect(await outcomeOf(api, await ask(api, {}, { audience: 'billing', scope: 'invoice:read' }))).toBe(
      bad('ERR_STS_REQUESTED_TYPE'),
    )
  })

  it('section 7.2: are made of no refresh token, no bare name, no JSON that nobody signed', async () => {
    const test = await createTransactionService()
    for (const name of ['refresh_token', 'unsigned_json', 'self_signed', 'txn_token']) {
      const values = { subject_token_type: `urn:ietf:params:oauth:token-type:${name}` }
      expect(await outcomeOf(test, await ask(test, {}, { values }))).toBe(bad('ERR_STS_TOKEN_TYPE'))
    }
  })

  it('are no access tokens, and no subjects of an exchange', async () => {
    const test = await createTransactionService()
    const { access_token } = await test.request(await ask(test))
    for (const type of Object.values(TYPES))
      expect(await outcomeOf(test, exchangeOf(access_token, { values: { subject_token_type: type } }))).toBe(
        bad('ERR_TOKEN_TYPE'),
      )
  })

  it.each<[string, object, string]>([
    ['a target that does not exist', { trustDomains: { other: {} } }, 'trustDomains.other'],
    ['no trust domain', { trustDomains: {} }, 'trustDomains'],
    ['another member', { trustDomains: { domain: { claims: ['x'] } } }, 'trustDomains.domain.claims'],
  ])('refuse to start with %s', async (_, transactionTokensDraft08, option) => {
    const experimental = { transactionTokensDraft08 } as never
    await expect(createTransactionService({ experimental })).rejects.toThrow(
      `Option "experimental.transactionTokensDraft08.${option}"`,
    )
  })
})
