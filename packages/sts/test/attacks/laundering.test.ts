import { createVerifier } from '@countersign/core'
import { testRuntime } from '@countersign/testing'
import { describe, expect, it } from 'vitest'
import type { DenyRule } from '../../src/policy/rule.js'
import {
  ACME,
  createParties,
  createService,
  exchangeOf,
  orders,
  ordersToBilling,
  outcomeOf,
  partners,
  payloadOf,
  RULES,
  STS,
  TARGETS,
  TYPES,
} from '../service.js'
import type { Asked, ServiceChanges, TestService } from '../service.js'

const own = (token: string, changes: Asked = {}): Asked =>
  exchangeOf(token, { ...changes, values: { subject_token_type: TYPES.accessToken, ...changes.values } })

/** A token of ours about alice of ACME, as `orders` was given it. */
async function derived(test: TestService, claims: object = {}): Promise<string> {
  const { access_token } = await test.request(
    exchangeOf(await test.acme.token({ sub: 'alice', scope: 'orders:read', ...claims })),
  )
  return access_token
}

describe('a subject that was put out, and a token of before', () => {
  const withIdJag = async (): Promise<TestService> => {
    const parties = await createParties()
    const issuers = [{ issuer: ACME, keys: { jwks: parties.acme.jwks } }]
    return createService({ parties, experimental: { idJagDraft03: { issuers } } })
  }

  it.each<[string, (test: TestService) => Promise<Asked>]>([
    ['exchange', async ({ acme }) => exchangeOf(await acme.token({ sub: 'alice', sid: 's1', scope: 'orders:read' }))],
    [
      'exchange, as the actor',
      async ({ acme, globex }) =>
        exchangeOf(await globex.token({ scope: 'orders:read' }), {
          values: {
            actor_token: await acme.token({ sub: 'alice', sid: 's1' }),
            actor_token_type: TYPES.jwt,
          },
        }),
    ],
    [
      'JWT bearer',
      async ({ acme }) => ({
        grant: 'jwt-bearer',
        audience: 'billing',
        values: { assertion: await acme.token({ sub: 'alice', sid: 's1', scope: 'orders:read' }, { typ: 'JWT' }) },
      }),
    ],
    [
      'identity assertion grant',
      async ({ acme }) => ({
        grant: 'jwt-bearer',
        audience: 'billing',
        values: {
          assertion: await acme.token(
            { sub: 'alice', sid: 's1', client_id: 'orders', scope: 'orders:read' },
            { typ: 'oauth-id-jag+jwt' },
          ),
        },
      }),
    ],
  ])('do not come back with a fresh token that was issued after it: %s', async (_, toAsked) => {
    for (const put of ['subject', 'session', 'token'] as const) {
      const test = await withIdJag()
      const asked = await toAsked(test)
      const presented = asked.values?.['assertion'] ?? asked.values?.['actor_token'] ?? asked.values?.['subject_token']
      test.clock.advance(2_000)
      const { revocations } = test
      if (put === 'subject') revocations.revokeSubject({ issuer: ACME, subject: 'alice' })
      else if (put === 'session') revocations.revokeSession({ issuer: ACME, sessionId: 's1' })
      else revocations.revokeToken({ issuer: ACME, tokenId: String(payloadOf(presented ?? '')['jti']) })
      expect(await outcomeOf(test, asked)).toMatch(/ failure ERR_TOKEN_REVOKED$/)
    }
  })

  it('are known by the claim and by the name that the mapping gives', async () => {
    for (const subject of ['alice', 'a@acme.example']) {
      const test = await createService({ acmeEntry: { mapping: { subject: { claim: ['email'] } } } })
      const token = await test.acme.token({ sub: 'alice', email: 'a@acme.example', scope: 'orders:read' })
      test.clock.advance(2_000)
      test.revocations.revokeSubject({ issuer: ACME, subject })
      expect(await outcomeOf(test, exchangeOf(token))).toBe('invalid_request failure ERR_TOKEN_REVOKED')
    }
  })

  it('where that cannot be known it is 503', async () => {
    const revocations = {
      isRevoked: () => Promise.reject(new Error('away')),
      revokeToken: () => {},
    }
    const test = await createService({ revocations })
    const asked = exchangeOf(await test.acme.token({ scope: 'orders:read' }))
    expect(await outcomeOf(test, asked)).toBe('temporarily_unavailable error ERR_STATUS_UNAVAILABLE')
  })
})

describe('a rule that denies the subjects of an issuer', () => {
  const denying: DenyRule = {
    id: 'not-acme',
    effect: 'deny',
    clients: ['billing'],
    targets: ['ledger'],
    subjectIssuers: [ACME],
  }

  it('holds for the tokens that the service has made of theirs', async () => {
    const open = await createService()
    expect(await outcomeOf(open, own(await derived(open), { client: 'billing', audience: 'ledger' }))).toBe(
      'accepted success',
    )
    const closed = await createService({ rules: [...RULES, denying] })
    const asked = own(await derived(closed), { client: 'billing', audience: 'ledger' })
    expect(await outcomeOf(closed, asked)).toBe('invalid_request denied ERR_STS_POLICY_DENIED')
    const other = await closed.request(exchangeOf(await closed.globex.token({ scope: 'orders:read' })))
    expect(await outcomeOf(closed, own(other.access_token, { client: 'billing', audience: 'ledger' }))).toBe(
      'accepted success',
    )
  })

  it('and what admits an issuer admits no token of ours about its subjects', async () => {
    const test = await createService({
      rules: [
        ...RULES.filter(({ id }) => id !== 'billing-to-ledger'),
        { ...denying, id: 'acme', effect: 'allow', scopes: 'same' },
      ],
    })
    const asked = own(await derived(test), { client: 'billing', audience: 'ledger' })
    expect(await outcomeOf(test, asked)).toBe('invalid_request denied ERR_STS_POLICY_DENIED')
  })
})

describe('a rule that denies by a claim', () => {
  const noContractors: DenyRule = {
    id: 'no-contractors',
    effect: 'deny',
    clients: ['orders'],
    targets: ['billing'],
    subjectIssuers: [ACME],
    when: [{ claim: 'roles', oneOf: ['contractor'] }],
  }
  const toOrders = { ...ordersToBilling, id: 'to-orders', targets: ['orders'], scopes: 'same' } as const
  const refused = 'invalid_request denied ERR_STS_POLICY_DENIED'

  /** First for a target of the test, then with that token for billing. */
  async function detour(changes: ServiceChanges, claims: object): Promise<string> {
    const test = await createService({ rules: [noContractors, toOrders, ...RULES], ...changes })
    const subject = await test.acme.token({ sub: 'alice', scope: 'orders:read', ...claims })
    const { access_token } = await test.request(exchangeOf(subject, { audience: 'orders' }))
    return outcomeOf(test, own(access_token))
  }
  const listing = (...claims: string[]): ServiceChanges => ({
    targets: { ...TARGETS, orders: { audience: 'https://orders.example', scopes: ['orders:read'], claims } },
  })

  it('a rule that denies by a claim is not lost with the claim on a detour over a token of ours', async () => {
    expect(await detour({}, { roles: ['contractor'] })).toBe(refused)
    expect(await detour(listing('roles'), { roles: ['contractor'] })).toBe(refused)
  })

  it('lets those through of whom the token on the way says that it is not about them', async () => {
    expect(await detour(listing('roles'), { roles: ['clerk'] })).toBe('accepted success')
    // Not there because nobody has said it, or because it was not to be passed on: the token cannot tell.
    expect(await detour(listing('roles'), {})).toBe(refused)
  })

  it('goes by the name that the subject had first, and takes no word of ours for one of its issuer', async () => {
    const denying = (claim: string, value: string): ServiceChanges => ({
      rules: [{ ...noContractors, when: [{ claim, oneOf: [value] }] }, toOrders, ...RULES],
    })
    expect(await detour(denying('sub', 'alice'), {})).toBe(refused)
    expect(await detour(denying('sub', 'bob'), {})).toBe('accepted success')
    expect(await detour(denying('azp', 'kiosk'), { azp: 'kiosk' })).toBe(refused)
    expect(await detour(denying('client_id', 'kiosk'), { client_id: 'kiosk' })).toBe(refused)
    // How somebody signed in goes along with every token.
    expect(await detour(denying('acr', 'pwd'), {})).toBe('accepted success')
  })
})

describe('authorization_details', () => {
  const grants = { ...orders, grants: ['token-exchange', 'jwt-bearer', 'client-credentials'] } as const
  const changes: ServiceChanges = {
    clients: [grants, { ...orders, clientId: 'billing', audiences: [] }, { ...orders, clientId: 'job', audiences: [] }],
    rules: [
      ...RULES,
      { ...ordersToBilling, id: 'itself', grants: ['client-credentials'], grantScopes: ['invoice:read'] },
    ],
  }

  it('are ignored by no grant: without them the token says more than was asked for', async () => {
    const test = await createService(changes)
    const authorization_details = '[{"type":"invoice","id":"1"}]'
    const assertion = await test.acme.token({ scope: 'orders:read' }, { typ: 'JWT' })
    const paths: readonly Asked[] = [
      exchangeOf(await test.acme.token({ scope: 'orders:read' })),
      { grant: 'jwt-bearer', audience: 'billing', values: { assertion } },
      { grant: 'client-credentials', audience: 'billing' },
    ]
    for (const asked of paths) {
      const narrowed = { ...asked, values: { ...asked.values, authorization_details } }
      expect(await outcomeOf(test, narrowed)).toBe('invalid_request failure ERR_STS_PARAMETER_UNEXPECTED')
      expect(await outcomeOf(test, asked)).toBe('accepted success')
    }
  })

  it('nor those of an identity assertion grant', async () => {
    const parties = await createParties()
    const issuers = [{ issuer: ACME, keys: { jwks: parties.acme.jwks } }]
    const test = await createService({ parties, experimental: { idJagDraft03: { issuers } }, rules: [partners] })
    const claims = { client_id: 'orders', scope: 'orders:read', authorization_details: [{ type: 'invoice' }] }
    const assertion = await test.acme.token(claims, { typ: 'oauth-id-jag+jwt' })
    expect(await outcomeOf(test, { grant: 'jwt-bearer', audience: 'billing', values: { assertion } })).toBe(
      'invalid_grant failure ERR_TOKEN_CLAIM_VALUE',
    )
  })
})

describe('a token that an issuer has made about itself', () => {
  it('is an assertion that authenticates it somewhere, and no grant', async () => {
    const test = await createService()
    const claims = { sub: ACME, scope: 'orders:read' }
    const assertion = await test.acme.token(claims, { typ: 'JWT' })
    expect(await outcomeOf(test, exchangeOf(assertion))).toBe('invalid_request failure ERR_TOKEN_CLAIM_VALUE')
    expect(await outcomeOf(test, { grant: 'jwt-bearer', audience: 'billing', values: { assertion } })).toBe(
      'invalid_grant failure ERR_TOKEN_CLAIM_VALUE',
    )
  })

  it('is never made by us of a user who is called like this service: where we are a client, they would be it', async () => {
    const test = await createService({
      targets: {
        partner: {
          kind: 'authorization-server',
          audience: 'https://as.partner.example',
          scopes: ['read'],
          subject: 'same',
        },
      },
      rules: [
        { ...ordersToBilling, targets: ['partner'], subjectIssuers: [ACME], scopes: { 'orders:read': ['read'] } },
      ],
    })
    const asked = async (sub: string): Promise<Asked> =>
      exchangeOf(await test.acme.token({ sub, scope: 'orders:read' }), { audience: 'partner' })
    expect(await outcomeOf(test, await asked('alice'))).toBe('accepted success')
    expect(await outcomeOf(test, await asked(STS))).toBe('invalid_request denied ERR_STS_POLICY_DENIED')
  })

  it('nor of a client of ours that is called like it', async () => {
    const test = await createService({
      targets: { partner: { kind: 'authorization-server', audience: 'https://as.partner.example', scopes: ['read'] } },
      rules: [{ ...ordersToBilling, targets: ['partner'], subjectIssuers: [STS], scopes: { 'orders:read': ['read'] } }],
    })
    const asked = async (sub: string): Promise<Asked> => own(await test.ownToken({ sub }), { audience: 'partner' })
    expect(await outcomeOf(test, await asked('billing'))).toBe('accepted success')
    expect(await outcomeOf(test, await asked(STS))).toBe('invalid_request denied ERR_STS_POLICY_DENIED')
  })
})

describe('a token that this service could not read again', () => {
  const tooBig = 'invalid_request failure ERR_STS_TOKEN_SIZE'
  const nested = (depth: number): unknown => (depth === 0 ? 1 : { d: nested(depth - 1) })
  const members = Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`d${at}`, at]))

  it('is not issued: it could be neither introspected nor revoked', async () => {
    const parties = await createParties()
    const { acme } = parties
    const limits = { jsonDepth: 64, jsonMembers: 4_096 }
    const issuers = [{ issuer: ACME, keys: { jwks: acme.jwks } }]
    const verifier = createVerifier({ audience: STS, issuers, runtime: testRuntime(acme), limits })
    const test = await createService({ parties, verifier })
    const outcome = async (department: unknown): Promise<string> =>
      outcomeOf(test, exchangeOf(await acme.token({ scope: 'orders:read', department })))
    expect(await outcome(nested(20))).toBe(tooBig)
    expect(await outcome(members)).toBe(tooBig)
    expect(await outcome(nested(10))).toBe('accepted success')
  })

  it('is not issued for a chain of actors either, however long the configuration lets it be', async () => {
    const test = await createService({ maxActorDepth: 20 })
    let token = await test.ownToken()
    const outcomes: string[] = []
    for (let hop = 1; hop <= 20 && !outcomes.includes(tooBig); hop++) {
      const { response, outcome } = await hopOn(test, token)
      outcomes.push(outcome)
      token = response
    }
    expect(outcomes.slice(0, 14).every((outcome) => outcome === 'accepted success')).toBe(true)
    expect(outcomes.at(-1)).toBe(tooBig)
  })

  async function hopOn(test: TestService, token: string): Promise<{ response: string; outcome: string }> {
    const outcome = await outcomeOf(test, own(token))
    return { outcome, response: outcome === tooBig ? token : (await test.request(own(token))).access_token }
  }
})
