import { createTestKey } from '@countersign/testing'
import type { TokenOptions } from '@countersign/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  ACME,
  createParties,
  createService,
  exchangeOf,
  GLOBEX,
  NOW_SECONDS,
  orders,
  ordersToBilling,
  outcomeOf,
  partners,
  payloadOf,
  STS,
  TARGETS,
  TYPES,
} from '../service.js'
import type { Asked, TestService } from '../service.js'

const CHAT = 'https://chat.example'
const ID_JAG = 'urn:ietf:params:oauth:token-type:id-jag'
const bad = (reason: string): string => `invalid_request failure ${reason}`

describe('issuing identity assertion grants, draft-ietf-oauth-identity-assertion-authz-grant-03', () => {
  const chat = {
    kind: 'authorization-server',
    audience: CHAT,
    resources: ['https://api.chat.example'],
    scopes: ['chat:read'],
  } as const
  const experimental = { idJagDraft03: { clientIds: { chat: { orders: 'orders-at-chat' } } } }

  async function idp(changes: object = {}): Promise<TestService> {
    return createService({
      acmeEntry: { tokenProfile: 'id-token', clientIds: ['orders'] },
      trust: [
        { use: 'subject', issuer: ACME, tokenTypes: ['id_token'], subjectScopes: 'from-policy' },
        { use: 'subject', issuer: GLOBEX },
      ],
      targets: { ...TARGETS, chat },
      rules: [
        { ...ordersToBilling, targets: ['chat'], scopes: { 'orders:read': ['chat:read'] }, grantScopes: ['chat:read'] },
      ],
      experimental,
      ...changes,
    })
  }

  async function ask(test: TestService, changes: Asked = {}): Promise<Asked> {
    const idToken = await test.acme.token(
      { sub: 'alice', aud: 'orders', client_id: undefined, auth_time: NOW_SECONDS },
      { typ: 'JWT' },
    )
    const values = { subject_token_type: TYPES.idToken, requested_token_type: ID_JAG, ...changes.values }
    return exchangeOf(idToken, { audience: CHAT, ...changes, values })
  }

  it('section 4.3: gives one for one authorization server, to the client by its name there', async () => {
    const test = await idp()
    const response = await test.request(await ask(test, { resource: 'https://api.chat.example' }))
    expect(response).toEqual({
      access_token: expect.any(String) as string,
      issued_token_type: ID_JAG,
      token_type: 'N_A',
      expires_in: 60,
      scope: 'chat:read',
    })
    const header = JSON.parse(Buffer.from(response.access_token.split('.')[0] ?? '', 'base64url').toString()) as object
    expect(header).toMatchObject({ typ: 'oauth-id-jag+jwt', alg: 'ES256' })
    expect(payloadOf(response.access_token)).toMatchObject({
      iss: STS,
      aud: CHAT,
      client_id: 'orders-at-chat',
      resource: 'https://api.chat.example',
      scope: 'chat:read',
      auth_time: NOW_SECONDS,
      exp: NOW_SECONDS + 60,
      jti: expect.any(String) as string,
      sub_id: { format: 'iss_sub', iss: ACME, sub: 'alice' },
    })
    expect(test.audit.entries.at(-1)).toMatchObject({ exchange: { profile: 'id-jag', issuedTokenType: ID_JAG } })
  })

  it('gives an ordinary grant to whoever does not ask for one', async () => {
    const test = await idp()
    const response = await test.request(await ask(test, { values: { requested_token_type: undefined } }))
    expect(response.issued_token_type).toBe(TYPES.jwt)
    expect(payloadOf(response.access_token)).toMatchObject({ client_id: 'orders' })
  })

  it('section 4.3.1: is bound to the key that was proven', async () => {
    const test = await idp()
    const response = await test.request(await ask(test, { possession: { jkt: 'k' } }))
    expect([response.token_type, payloadOf(response.access_token)['cnf']]).toEqual(['N_A', { jkt: 'k' }])
  })

  it('section 4.3: takes identity assertions alone: an access token says nothing of a sign-in', async () => {
    const test = await idp()
    const own = await test.ownToken()
    const asked = exchangeOf(own, {
      audience: CHAT,
      values: { subject_token_type: TYPES.accessToken, requested_token_type: ID_JAG },
    })
    expect(await outcomeOf(test, asked)).toBe(bad('ERR_STS_TOKEN_TYPE'))
  })

  it('section 4.3: has no use for an actor', async () => {
    const test = await idp()
    const values = { actor_token: await test.ownToken({ sub: 'orders' }), actor_token_type: TYPES.accessToken }
    expect(await outcomeOf(test, await ask(test, { values }))).toBe(bad('ERR_STS_PARAMETER_UNEXPECTED'))
  })

  it('gives none to a client that has no name there, nor for a target that takes none', async () => {
    const nameless = await idp({ experimental: { idJagDraft03: { clientIds: { chat: { billing: 'b' } } } } })
    expect(await outcomeOf(nameless, await ask(nameless))).toBe('invalid_target denied ERR_STS_TARGET_FORBIDDEN')
    const off = await idp({ experimental: undefined })
    expect(await outcomeOf(off, await ask(off))).toBe(bad('ERR_STS_REQUESTED_TYPE'))
  })

  it.each<[string, object, string]>([
    [
      'a target that does not exist',
      { idJagDraft03: { clientIds: { caht: { orders: 'o' } } } },
      'idJagDraft03.clientIds.caht',
    ],
    [
      'a target of another kind',
      { idJagDraft03: { clientIds: { billing: { orders: 'o' } } } },
      'idJagDraft03.clientIds.billing',
    ],
    [
      'a client that does not exist',
      { idJagDraft03: { clientIds: { chat: { order: 'o' } } } },
      'idJagDraft03.clientIds.chat',
    ],
    ['no client', { idJagDraft03: { clientIds: { chat: {} } } }, 'idJagDraft03.clientIds.chat'],
    [
      'a name that is none',
      { idJagDraft03: { clientIds: { chat: { orders: '' } } } },
      'idJagDraft03.clientIds.chat.orders',
    ],
    ['another member', { idJagDraft03: { reuse: true } }, 'idJagDraft03.reuse'],
    ['another draft', { idJagDraft04: {} }, 'idJagDraft04'],
  ])('refuses to start with %s', async (_, drafts, option) => {
    await expect(idp({ experimental: drafts })).rejects.toThrow(`Option "experimental.${option}"`)
  })
})

describe('redeeming identity assertion grants', () => {
  let test: TestService
  beforeEach(async () => {
    const parties = await createParties()
    const issuers = [
      { issuer: ACME, keys: { jwks: parties.acme.jwks } },
      { issuer: GLOBEX, keys: { jwks: parties.globex.jwks } },
    ]
    test = await createService({ parties, ...accepting, experimental: { idJagDraft03: { issuers } } })
  })
  const accepting = {
    rules: [
      { ...partners, targets: ['billing', 'orders'], scopes: { 'orders:read': ['invoice:read', 'orders:read'] } },
      ordersToBilling,
    ],
    clients: [orders, { ...orders, clientId: 'other', audiences: [] }],
  }

  const assert = async (claims: object = {}, options: TokenOptions = {}): Promise<string> =>
    test.acme.token(
      { sub: 'alice', client_id: 'orders', scope: 'orders:read', ...claims },
      { typ: 'oauth-id-jag+jwt', ...options },
    )
  const redeem = (assertion: string, changes: Asked = {}): Asked => ({
    grant: 'jwt-bearer',
    audience: 'billing',
    values: { assertion },
    ...changes,
  })
  const refused = (reason: string): string => `invalid_grant failure ${reason}`

  it('section 4.4: gives an access token for the user, to the client that it names', async () => {
    const response = await test.request(redeem(await assert({ auth_time: NOW_SECONDS, roles: ['admin'] })))
    expect(response).toMatchObject({ token_type: 'Bearer', scope: 'invoice:read' })
    const claims = payloadOf(response.access_token)
    expect(claims).toMatchObject({
      aud: 'https://billing.example',
      client_id: 'orders',
      act: { iss: STS, sub: 'orders' },
      auth_time: NOW_SECONDS,
      sub_id: { format: 'iss_sub', iss: ACME, sub: 'alice' },
    })
    // No mapping and no grants have said what this issuer may say of roles.
    expect(claims).not.toHaveProperty('roles')
    expect(test.audit.entries.at(-1)).toMatchObject({
      type: 'token.grant',
      exchange: { profile: 'rfc7523', subjectTokenType: ID_JAG },
    })
  })

  it('what a rule denies by roles is denied to an identity assertion grant too', async () => {
    const { clock, acme, globex } = test
    const issuers = [{ issuer: ACME, keys: { jwks: acme.jwks } }]
    const experimental = { idJagDraft03: { issuers } }
    const denying = async (claim: string, value: string, claims: object): Promise<string> => {
      const when = [{ claim, oneOf: [value] }]
      const deny = { id: 'deny', effect: 'deny', clients: ['orders'], targets: ['billing'], when } as const
      const rules = [...accepting.rules, { ...deny, subjectIssuers: [ACME] }]
      test = await createService({ parties: { clock, acme, globex }, ...accepting, rules, experimental })
      return outcomeOf(test, redeem(await assert(claims)))
    }
    const denied = 'invalid_grant denied ERR_STS_POLICY_DENIED'
    for (const claim of ['roles', 'groups', 'permissions'])
      expect(await denying(claim, 'contractor', { [claim]: ['contractor'] })).toBe(denied)
    // No mapping has said where its issuer writes them: there may be some in other tokens.
    expect(await denying('roles', 'contractor', {})).toBe(denied)
    expect(await denying('tenant', 'acme', { tenant: 'acme' })).toBe(denied)
    expect(await denying('department', 'kiosk', {})).toBe(denied)
    expect(await denying('department', 'kiosk', { department: 'kiosk' })).toBe(denied)
    expect(await denying('department', 'kiosk', { department: 'sales' })).toBe('accepted success')
  })

  it('is good for one use', async () => {
    const asked = redeem(await assert())
    expect(await outcomeOf(test, asked)).toBe('accepted success')
    expect(await outcomeOf(test, asked)).toBe(refused('ERR_STS_ASSERTION_REPLAYED'))
  })

  it('section 3: is for the resource that it names, and for nothing else', async () => {
    const forBilling = (jti: string) => assert({ resource: 'https://billing.example/api', jti })
    expect(await outcomeOf(test, redeem(await forBilling('a'), { audience: [] }))).toBe('accepted success')
    expect(await outcomeOf(test, redeem(await forBilling('b')))).toBe('accepted success')
    const asked = redeem(await forBilling('c'), { audience: 'orders' })
    expect(await outcomeOf(test, asked)).toBe('invalid_target failure ERR_STS_TARGET_SEVERAL')
    const unknown = redeem(await assert({ resource: ['https://elsewhere.example'] }), { audience: [] })
    expect(await outcomeOf(test, unknown)).toBe('invalid_target failure ERR_STS_TARGET_UNKNOWN')
  })

  it.each<[string, object, TokenOptions, string]>([
    ['client_id: another client', { client_id: 'other' }, {}, 'ERR_TOKEN_CLAIM_VALUE'],
    ['client_id: missing', { client_id: undefined }, {}, 'ERR_TOKEN_CLAIM_VALUE'],
    ['aud: another service', { aud: 'https://sts.other.example' }, {}, 'ERR_TOKEN_AUDIENCE'],
    ['aud: another service beside us', { aud: [STS, CHAT] }, {}, 'ERR_TOKEN_AUDIENCE'],
    ['aud: missing', { aud: undefined }, {}, 'ERR_TOKEN_AUDIENCE'],
    ['sub: missing', { sub: undefined }, {}, 'ERR_TOKEN_CLAIM_MISSING'],
    ['jti: missing', { jti: undefined }, {}, 'ERR_TOKEN_CLAIM_MISSING'],
    ['iat: missing', { iat: undefined }, {}, 'ERR_TOKEN_CLAIM_MISSING'],
    ['exp: past', { exp: NOW_SECONDS - 6 }, {}, 'ERR_TOKEN_EXPIRED'],
    ['exp: missing', { exp: undefined }, {}, 'ERR_TOKEN_CLAIM_MISSING'],
    ['exp: too far', { exp: NOW_SECONDS + 3_601 }, {}, 'ERR_TOKEN_LIFETIME'],
    ['iss: nobody we know', { iss: 'https://evil.example' }, {}, 'ERR_ISSUER_UNTRUSTED'],
    ['iss: ourselves', { iss: STS }, {}, 'ERR_ISSUER_UNTRUSTED'],
    ['iss: a number', { iss: 7 }, {}, 'ERR_ISSUER_UNTRUSTED'],
    ['iss: another that is listed, whose key it is not', { iss: GLOBEX }, {}, 'ERR_TOKEN_SIGNATURE'],
    ['typ: another draft', {}, { typ: 'id-jag+jwt' }, 'ERR_TOKEN_TYPE'],
    ['cnf: a key that nobody has proven', { cnf: { jkt: 'x' } }, {}, 'ERR_STS_PROOF_REQUIRED'],
    ['cnf: no object', { cnf: 'x' }, {}, 'ERR_TOKEN_CLAIM_TYPE'],
    ['may_act: another client', { may_act: { iss: STS, sub: 'other' } }, {}, 'ERR_STS_MAY_ACT'],
  ])('section 4.4.1: is refused: %s', async (_, claims, options, reason) => {
    expect(await outcomeOf(test, redeem(await assert(claims, options)))).toMatch(
      new RegExp(`^invalid_grant (failure|denied) ${reason}$`),
    )
  })

  it('is refused where another key signed it', async () => {
    const forged = await assert({}, { key: await createTestKey('ES256'), kid: test.acme.keys[0]?.kid })
    expect(await outcomeOf(test, redeem(forged))).toMatch(/^invalid_grant failure ERR_(TOKEN_SIGNATURE|KEY_NOT_FOUND)$/)
  })

  it('is of no use to anything but the JWT bearer grant', async () => {
    const assertion = await assert()
    for (const type of [...Object.values(TYPES), ID_JAG])
      expect(await outcomeOf(test, exchangeOf(assertion, { values: { subject_token_type: type } }))).toMatch(
        /^invalid_request failure ERR_(TOKEN_TYPE|STS_TOKEN_TYPE)$/,
      )
  })

  it('is a type of token that nobody knows where the draft is off', async () => {
    const { clock, acme, globex } = test
    test = await createService({ parties: { clock, acme, globex }, ...accepting })
    expect(await outcomeOf(test, redeem(await assert()))).toBe(refused('ERR_TOKEN_TYPE'))
  })

  it('leaves ordinary assertions as they were', async () => {
    const claims = { sub: 'alice', client_id: undefined, scope: 'orders:read' }
    expect(await outcomeOf(test, redeem(await test.acme.token(claims, { typ: 'JWT' })))).toBe('accepted success')
    expect(await outcomeOf(test, redeem(await test.acme.token(claims)))).toBe(refused('ERR_TOKEN_TYPE'))
  })

  it.each<[string, object, string]>([
    [
      'an issuer without a trust record',
      { issuer: 'https://other.example', keys: { jwksUri: 'https://o.example/jwks' } },
      'wants an issuer with a trust record',
    ],
    ['ourselves', { issuer: STS, keys: { jwksUri: 'https://o.example/jwks' } }, 'wants another issuer'],
    ['keys over http', { issuer: ACME, keys: { jwksUri: 'http://o.example/jwks' } }, 'issuers[0].keys.jwksUri'],
    ['no keys', { issuer: ACME, keys: { jwks: { keys: [] } } }, 'issuers[0].keys'],
  ])('refuses to start with %s', async (_, entry, message) => {
    await expect(createService({ experimental: { idJagDraft03: { issuers: [entry as never] } } })).rejects.toThrow(
      message,
    )
  })
})
