import { describe, expect, it } from 'vitest'
import { authorizeExchange } from '../src/authorize-exchange.js'
import type { Authorization } from '../src/authorization.js'
import type { ClientOptions } from '../src/clients/client.js'
import type { AllowRule, DenyRule, GrantName } from '../src/policy/rule.js'
import { issueToken } from '../src/tokens/issue-token.js'
import {
  ACME,
  CLIENTS,
  createService,
  exchangeOf,
  GLOBEX,
  NOW_SECONDS,
  outcomeOf,
  payloadOf,
  orders,
  ordersToBilling,
  RULES,
  STS,
  TYPES,
} from './service.js'
import type { Asked, TestService } from './service.js'

const impersonating: readonly AllowRule[] = [{ ...ordersToBilling, mode: 'impersonation' }]
const own = (token: string, changes: Asked = {}): Asked =>
  exchangeOf(token, { ...changes, values: { subject_token_type: TYPES.accessToken, ...changes.values } })

describe('shape A: routing on the syntax of the request instead of the provenance of the token (Keycloak #52691)', () => {
  it('may_act without an actor token does not fall through to an exchange that looks at neither', async () => {
    for (const rules of [RULES, impersonating]) {
      const test = await createService({ rules })
      const subject = await test.acme.token({ scope: 'orders:read', may_act: { iss: STS, sub: 'billing' } })
      expect(await outcomeOf(test, exchangeOf(subject))).toBe('invalid_request denied ERR_STS_MAY_ACT')
    }
  })

  it('a delegated token cannot be exchanged for one that has shed its actors, at any number of hops', async () => {
    const test = await createService({ rules: impersonating })
    let token = await test.ownToken({ act: { iss: STS, sub: 'gateway' } })
    for (let hop = 1; hop <= 4; hop++) {
      const { access_token } = await test.request(own(token))
      const { act } = payloadOf(access_token)
      expect(JSON.stringify(act)).toContain(JSON.stringify({ iss: STS, sub: 'gateway' }))
      token = access_token
    }
    expect(await outcomeOf(test, own(token))).toBe('invalid_request failure ERR_STS_ACTOR_DEPTH')
  })

  it('nor for one that outlives it', async () => {
    const test = await createService()
    const subject = await test.ownToken({ exp: NOW_SECONDS + 60 })
    const { access_token } = await test.request(own(subject))
    expect(payloadOf(access_token)['exp']).toBe(NOW_SECONDS + 60)
    test.clock.advance(30_000)
    const again = await test.request(own(access_token))
    expect(payloadOf(again.access_token)['exp']).toBe(NOW_SECONDS + 60)
    test.clock.advance(25_000)
    expect(await outcomeOf(test, own(again.access_token))).toBe('invalid_request failure ERR_STS_LIFETIME')
  })

  it('what the request calls a token does not choose who judges it', async () => {
    const test = await createService()
    const foreign = await test.acme.token({ scope: 'orders:read' })
    const ours = await test.ownToken()
    expect(await outcomeOf(test, own(foreign))).toBe('invalid_request failure ERR_TOKEN_TYPE')
    expect(await outcomeOf(test, exchangeOf(ours))).toBe('invalid_request failure ERR_TOKEN_TYPE')
  })
})

describe('shape B: a sibling path that misses the check of the client (Dex GHSA-7qjx-gp9h-65qj, Keycloak #49993)', () => {
  const grants: readonly GrantName[] = ['token-exchange', 'jwt-bearer', 'client-credentials']
  const everyGrant: readonly ClientOptions[] = [{ ...orders, grants }, ...CLIENTS.slice(1)]
  /** Each way to ask for a token, by a token that is good in every respect. */
  const paths: readonly (readonly [string, (test: TestService) => Promise<Asked>])[] = [
    ['token exchange of a foreign token', async (test) => exchangeOf(await test.acme.token({ scope: 'orders:read' }))],
    ['token exchange of a token of ours', async (test) => own(await test.ownToken())],
    [
      'token exchange with an actor token',
      async (test) =>
        exchangeOf(await test.acme.token({ scope: 'orders:read' }), {
          values: { actor_token: await test.ownToken({ sub: 'orders' }), actor_token_type: TYPES.accessToken },
        }),
    ],
    [
      'JWT bearer',
      async (test) => ({
        grant: 'jwt-bearer',
        audience: 'billing',
        values: { assertion: await test.acme.token({ scope: 'orders:read' }, { typ: 'JWT' }) },
      }),
    ],
    ['client credentials', async () => ({ grant: 'client-credentials', audience: 'billing' })],
  ]
  const allowing: AllowRule = { ...ordersToBilling, grants, grantScopes: ['invoice:read'] }
  const denying: DenyRule = {
    id: 'closed',
    effect: 'deny',
    clients: ['orders'],
    targets: ['billing'],
    subjectIssuers: [ACME, STS],
    grants,
  }

  it.each(paths)('%s asks the policy: it works by a rule, and one that denies closes it', async (_, toAsked) => {
    const open = await createService({ clients: everyGrant, rules: [allowing] })
    expect(await outcomeOf(open, await toAsked(open))).toBe('accepted success')
    const closed = await createService({ clients: everyGrant, rules: [allowing, denying] })
    expect(await outcomeOf(closed, await toAsked(closed))).toMatch(/ denied ERR_STS_(POLICY_DENIED|TARGET_FORBIDDEN)$/)
    expect(closed.audit.entries.at(-1)?.policy?.rule).toBe('closed')
  })

  it.each(paths)('%s is closed to a client that is not registered for the grant', async (_, toAsked) => {
    const asked = await toAsked(await createService({ clients: everyGrant }))
    const others = grants.filter((grant) => grant !== (asked.grant ?? 'token-exchange'))
    const test = await createService({ clients: [{ ...orders, grants: others }, ...CLIENTS.slice(1)] })
    expect(await outcomeOf(test, asked)).toBe('unauthorized_client denied ERR_STS_GRANT_FORBIDDEN')
  })

  it.each(paths)('%s ends in authorizeExchange: only what it has seen is issued', async (_, toAsked) => {
    const test = await createService({ clients: everyGrant, rules: [allowing] })
    await test.request(await toAsked(test))
    // What only the chokepoint notes: the rule, the target and the scopes.
    expect(test.audit.entries.at(-1)).toMatchObject({
      policy: { id: 'test', rule: 'orders-to-billing', mode: 'enforce' },
      target: { name: 'billing', audience: ['https://billing.example'] },
      scope: { granted: expect.arrayContaining(['invoice:read']) as string[] },
    })
  })

  it('a token that was never authorized does not compile', async () => {
    const { service } = await createService()
    const forged = { grant: 'token-exchange', clientId: 'orders' } as const
    // @ts-expect-error -- only authorizeExchange() makes an Authorization
    const authorization: Authorization = forged
    await expect(issueToken(authorization, service)).rejects.toThrow(TypeError)
    expect(authorizeExchange).toBeTypeOf('function')
  })
})

describe('shape C: the audience of the input is not checked (Keycloak #51000)', () => {
  it('a token that was issued to, or for, another client of its issuer is not taken', async () => {
    const test = await createService({
      acmeEntry: { audience: [STS, 'upstream-client'] },
    })
    const subject = await test.acme.token({ aud: 'upstream-client', azp: 'upstream-client', scope: 'orders:read' })
    expect(await outcomeOf(test, exchangeOf(subject))).toBe('invalid_request failure ERR_TOKEN_AUDIENCE')
  })

  it('a token of ours in the hands of a service that it is not meant for is worth nothing to it', async () => {
    const test = await createService({ rules: [{ ...ordersToBilling, clients: ['orders', 'billing'] }] })
    const forOrders = await test.ownToken()
    expect(await outcomeOf(test, own(forOrders))).toBe('accepted success')
    expect(await outcomeOf(test, own(forOrders, { client: 'billing' }))).toBe(
      'invalid_request failure ERR_TOKEN_AUDIENCE',
    )
  })

  it('an actor token is held to the same rule', async () => {
    const test = await createService()
    const subject = await test.acme.token({ scope: 'orders:read' })
    const stolen = await test.ownToken({ sub: 'orders', aud: 'https://billing.example' })
    const asked = exchangeOf(subject, { values: { actor_token: stolen, actor_token_type: TYPES.accessToken } })
    expect(await outcomeOf(test, asked)).toBe('invalid_request failure ERR_TOKEN_AUDIENCE')
  })
})

describe('shape D: more target or scope than there was (Cloudflare workers-oauth-provider #120, Dex #2806)', () => {
  it('a target that the policy does not name is refused, although the token says nothing of targets', async () => {
    const test = await createService()
    const subject = await test.acme.token({ scope: 'orders:read' })
    for (const audience of ['ledger', 'orders'])
      expect(await outcomeOf(test, exchangeOf(subject, { audience }))).toBe(
        'invalid_target denied ERR_STS_TARGET_FORBIDDEN',
      )
    expect(await outcomeOf(test, exchangeOf(subject, { audience: [], resource: 'https://anything.example' }))).toBe(
      'invalid_target failure ERR_STS_TARGET_UNKNOWN',
    )
  })

  it('a subject without scopes has none, and not all of them', async () => {
    const test = await createService()
    for (const scope of [undefined, '']) {
      const subject = await test.acme.token({ scope })
      expect(await outcomeOf(test, exchangeOf(subject))).toMatch(
        /^invalid_(scope|request) (denied|failure) ERR_(STS_SCOPE_EMPTY|TOKEN_CLAIM_TYPE)$/,
      )
    }
  })

  it('scopes of an actor are not lent to the subject', async () => {
    const test = await createService({
      rules: [{ ...ordersToBilling, actors: [{ issuer: GLOBEX, subject: 'agent' }] }],
    })
    const subject = await test.acme.token({ scope: 'orders:read' })
    const actor = await test.globex.token({ sub: 'agent', scope: 'orders:write invoice:write' })
    const values = { actor_token: actor, actor_token_type: TYPES.jwt }
    expect(await outcomeOf(test, exchangeOf(subject, { values, scope: 'invoice:write' }))).toBe(
      'invalid_scope denied ERR_STS_SCOPE_FORBIDDEN',
    )
  })

  it('what a client is registered for does not widen what the subject may', async () => {
    const test = await createService()
    const subject = await test.acme.token({ scope: 'orders:read' })
    const { scope } = await test.request(exchangeOf(subject))
    expect(scope).toBe('invoice:read')
  })
})

describe('shape E: one user is answered with the token of another (kagent #2181, IBM context-forge #5224)', () => {
  // The caches that this happened in are the clients'. Of the service it asks that it keeps nothing between two requests.
  it('the same request twice gives two tokens, and two at once each get their own subject', async () => {
    const test = await createService()
    const alice = exchangeOf(await test.acme.token({ sub: 'alice', scope: 'orders:read' }))
    const [first, second] = [await test.request(alice), await test.request(alice)]
    expect(payloadOf(first.access_token)['jti']).not.toBe(payloadOf(second.access_token)['jti'])
    const names = Array.from({ length: 40 }, (_, index) => `user-${index}`)
    const answers = await Promise.all(
      names.map(async (sub) => test.request(exchangeOf(await test.acme.token({ sub, scope: 'orders:read' })))),
    )
    const subjects = answers.map(
      ({ access_token }) => (payloadOf(access_token)['sub_id'] as { readonly sub: string }).sub,
    )
    expect(subjects).toEqual(names)
  })

  it('an answer without a subject cannot be had: there is no empty one to share', async () => {
    const test = await createService()
    for (const sub of ['', undefined]) {
      const subject = await test.acme.token({ sub, scope: 'orders:read' })
      expect(await outcomeOf(test, exchangeOf(subject))).toMatch(
        /^invalid_request failure ERR_TOKEN_CLAIM_(TYPE|MISSING)$/,
      )
    }
  })
})
