import { createHash } from 'node:crypto'
import { createVerifier } from '@countersign/core'
import { describe, expect, it } from 'vitest'
import {
  ACME,
  createService,
  exchangeOf,
  GLOBEX,
  NOW_SECONDS,
  outcomeOf,
  payloadOf,
  ordersToBilling,
  STS,
  TYPES,
} from './service.js'
import type { Asked } from './service.js'

describe('token exchange, RFC 8693', () => {
  it('section 2.2.1: answers with an access token for one target that says who acts for whom', async () => {
    const test = await createService()
    const subject = await test.acme.token({
      sub: 'alice',
      scope: 'orders:read',
      department: 'sales',
      email: 'alice@acme.example',
    })
    const response = await test.request({
      values: { subject_token: subject, subject_token_type: TYPES.jwt },
      audience: 'billing',
    })
    expect(response).toEqual({
      access_token: expect.any(String) as string,
      issued_token_type: TYPES.accessToken,
      token_type: 'Bearer',
      expires_in: 300,
      scope: 'invoice:read',
    })
    expect(payloadOf(response.access_token)).toEqual({
      iss: STS,
      sub: expect.stringMatching(/^[\w-]{43}$/) as string,
      aud: 'https://billing.example',
      exp: NOW_SECONDS + 300,
      iat: NOW_SECONDS,
      jti: expect.any(String) as string,
      client_id: 'orders',
      scope: 'invoice:read',
      act: { iss: STS, sub: 'orders' },
      sub_id: { format: 'iss_sub', iss: ACME, sub: 'alice' },
      txn: expect.any(String) as string,
      department: 'sales',
    })
  })

  it('RFC 9068 section 4: gives a token that the target verifies with nothing but our key set', async () => {
    const test = await createService()
    const subject = await test.acme.token({ sub: 'alice', scope: 'orders:read' })
    const { access_token } = await test.request({
      values: { subject_token: subject, subject_token_type: TYPES.jwt },
      audience: 'billing',
    })
    const { keys } = await test.service.signingKeys.jwks()
    const billing = createVerifier({
      audience: 'https://billing.example',
      issuers: [{ issuer: STS, keys: { jwks: { keys } }, tokenProfile: 'rfc9068' }],
      runtime: test.service.runtime,
    })
    const principal = await billing.verify(access_token)
    expect(principal.actor).toEqual({ issuer: STS, subject: 'orders', clientId: undefined })
    expect(principal.scopes).toEqual(['invoice:read'])
  })
})

describe('claims of an exchanged token, RFC 9068 section 2.2', () => {
  const own = async (test: Awaited<ReturnType<typeof createService>>, claims: object) =>
    exchangeOf(await test.ownToken(claims as never), { values: { subject_token_type: TYPES.accessToken } })
  const claimsOf = async (test: Awaited<ReturnType<typeof createService>>, asked: Asked) =>
    payloadOf((await test.request(asked)).access_token)

  it('section 2.2.1: how the user signed in stays as it was, of a token of ours', async () => {
    const test = await createService()
    const signIn = { auth_time: NOW_SECONDS - 3_600, acr: 'mfa', amr: ['pwd', 'otp'] }
    expect(await claimsOf(test, await own(test, signIn))).toMatchObject(signIn)
  })

  it('section 2.2.1: of another issuer, what the trust record has a word for, and nothing else', async () => {
    const record = {
      use: 'subject',
      issuer: ACME,
      acr: { 'urn:acme:gold': 'mfa' },
      amr: { p: 'pwd', o: 'otp' },
    } as const
    const test = await createService({ trust: [record, { use: 'subject', issuer: GLOBEX }] })
    const of = async (claims: object) =>
      claimsOf(test, exchangeOf(await test.acme.token({ scope: 'orders:read', ...claims })))
    const known = await of({ auth_time: NOW_SECONDS - 60, acr: 'urn:acme:gold', amr: ['p', 'x', 'o'] })
    expect(known).toMatchObject({ auth_time: NOW_SECONDS - 60, acr: 'mfa', amr: ['pwd', 'otp'] })
    const unknown = await of({ acr: 'mfa', amr: ['pwd'] })
    expect(unknown).not.toHaveProperty('acr')
    expect(unknown).not.toHaveProperty('amr')
  })

  it('a word of theirs that is a name of every object has no translation', async () => {
    const test = await createService()
    const subject = await test.acme.token({ scope: 'orders:read', acr: 'constructor', amr: ['__proto__'] })
    const claims = await claimsOf(test, exchangeOf(subject))
    expect(claims).not.toHaveProperty('acr')
    expect(claims).not.toHaveProperty('amr')
  })

  it('sub is pairwise, the same in every exchange, and another for each issuer', async () => {
    const test = await createService({
      rules: [
        {
          ...ordersToBilling,
          targets: ['billing', 'orders'],
          scopes: { 'orders:read': ['invoice:read', 'orders:read'] },
        },
      ],
    })
    const first = await claimsOf(test, exchangeOf(await test.acme.token({ sub: 'alice', scope: 'orders:read' })))
    expect(first['sub']).toBe(createHash('sha256').update(lengthPrefixed(ACME, 'alice')).digest('base64url'))
    const other = await claimsOf(test, exchangeOf(await test.globex.token({ sub: 'alice', scope: 'orders:read' })))
    expect(other['sub']).not.toBe(first['sub'])
    const again = await claimsOf(
      test,
      await own(test, { sub: first['sub'], sub_id: first['sub_id'], aud: 'https://orders.example' }),
    )
    expect(again).toMatchObject({ sub: first['sub'], sub_id: first['sub_id'] })
  })

  it('sub of a subject of ours stays, and needs no sub_id', async () => {
    const test = await createService()
    const claims = await claimsOf(test, await own(test, { sub: 'web', client_id: 'web' }))
    expect(claims).toMatchObject({ sub: 'web', act: { iss: STS, sub: 'orders' } })
    expect(claims).not.toHaveProperty('sub_id')
  })

  it('sub comes as it is where the target says so, and one issuer alone feeds it', async () => {
    const test = await createService({
      targets: { billing: { audience: 'https://billing.example', scopes: ['invoice:read'], subject: 'same' } },
      rules: [{ ...ordersToBilling, subjectIssuers: [ACME, STS], scopes: { 'orders:read': ['invoice:read'] } }],
    })
    const claims = await claimsOf(test, exchangeOf(await test.acme.token({ sub: 'alice', scope: 'orders:read' })))
    expect(claims).toMatchObject({ sub: 'alice', sub_id: { format: 'iss_sub', iss: ACME, sub: 'alice' } })
    const former = { sub: 'x', sub_id: { format: 'iss_sub', iss: GLOBEX, sub: 'alice' } }
    expect(await outcomeOf(test, await own(test, former))).toBe('invalid_request denied ERR_STS_POLICY_DENIED')
  })

  it('a sub_id of another issuer is its word for somebody, and nobody else', async () => {
    const test = await createService()
    const subject = await test.globex.token({
      sub: 'mallory',
      scope: 'orders:read',
      sub_id: { format: 'iss_sub', iss: ACME, sub: 'alice' },
    })
    expect((await claimsOf(test, exchangeOf(subject)))['sub_id']).toEqual({
      format: 'iss_sub',
      iss: GLOBEX,
      sub: 'mallory',
    })
  })

  it('sid and txn go along; a txn that is not fit to gets one of ours in its place', async () => {
    const test = await createService()
    const of = async (claims: object) =>
      claimsOf(test, exchangeOf(await test.acme.token({ scope: 'orders:read', ...claims })))
    expect(await of({ sid: 's-1', txn: 't-1' })).toMatchObject({ sid: 's-1', txn: 't-1' })
    for (const txn of ['', 'a b', 'x'.repeat(129), 'line\nbreak', 7, undefined]) {
      expect((await of({ txn }))['txn']).toMatch(/^[0-9a-f-]{36}$/)
    }
  })

  it('of the mapped claims those that the target lists, within what the issuer may say', async () => {
    const test = await createService({ acmeEntry: { grants: { roles: ['clerk'] } } })
    const of = async (claims: object) =>
      claimsOf(test, exchangeOf(await test.acme.token({ scope: 'orders:read', ...claims })))
    expect(
      await of({ roles: ['clerk', 'admin'], department: 'sales', email: 'a@b.example', groups: ['g'] }),
    ).toMatchObject({
      roles: ['clerk'],
      department: 'sales',
    })
    const cut = await of({ roles: ['admin'], email: 'a@b.example', groups: ['g'] })
    for (const claim of ['roles', 'department', 'email', 'groups']) expect(cut).not.toHaveProperty(claim)
  })

  it('may_act is used up: it named who may act, and they do', async () => {
    const test = await createService()
    const subject = await test.acme.token({ scope: 'orders:read', may_act: { iss: STS, sub: 'orders' } })
    const claims = await claimsOf(test, exchangeOf(subject))
    expect(claims).toHaveProperty('act')
    expect(claims).not.toHaveProperty('may_act')
  })

  it('section 1.3 step 12: a token that nobody would take is not issued', async () => {
    const test = await createService({ acmeEntry: {} })
    const subject = await test.acme.token({ scope: 'orders:read', department: 'x'.repeat(5_000) })
    const { access_token } = await test.request(exchangeOf(subject))
    expect(access_token.length).toBeLessThan(8_192)
    const longer = await test.acme.token({ scope: 'orders:read', department: 'x'.repeat(5_600) })
    expect(await outcomeOf(test, exchangeOf(longer))).toBe('invalid_request failure ERR_STS_TOKEN_SIZE')
  })
})

describe('how long an exchanged token lives, section 1.3 step 11', () => {
  const ACTORS = [{ ...ordersToBilling, actors: [{ issuer: GLOBEX, subject: 'agent' }] }]

  it.each<[string, number, number, number]>([
    ['as its target says', 3_600, 3_600, 300],
    ['as the subject does', 100, 3_600, 100],
    ['as the actor does', 3_600, 50, 50],
    ['at least ten seconds', 10, 3_600, 10],
  ])('%s', async (_, subjectSeconds, actorSeconds, seconds) => {
    const test = await createService({ rules: ACTORS })
    const subject = await test.acme.token({ scope: 'orders:read' }, { expiresInSeconds: subjectSeconds })
    const actor = await test.globex.token({ sub: 'agent' }, { expiresInSeconds: actorSeconds })
    const values = { actor_token: actor, actor_token_type: TYPES.jwt }
    const response = await test.request(exchangeOf(subject, { values }))
    expect(response.expires_in).toBe(seconds)
    expect(payloadOf(response.access_token)['exp']).toBe(NOW_SECONDS + seconds)
  })

  it('is refused where the actor is nearly gone', async () => {
    const test = await createService({ rules: ACTORS })
    const subject = await test.acme.token({ scope: 'orders:read' })
    const actor = await test.globex.token({ sub: 'agent' }, { expiresInSeconds: 9 })
    const values = { actor_token: actor, actor_token_type: TYPES.jwt }
    expect(await outcomeOf(test, exchangeOf(subject, { values }))).toBe('invalid_request failure ERR_STS_LIFETIME')
  })
})

describe('scopes of an exchanged token, section 1.6', () => {
  const scopesOf = async (rule: object, scope: string | undefined, asked: string | undefined, trust?: object) => {
    const test = await createService({
      rules: [{ ...ordersToBilling, subjectIssuers: [ACME], ...rule }],
      ...(trust && { trust: [{ use: 'subject', issuer: ACME, ...trust }] }),
    })
    const request = exchangeOf(await test.acme.token({ scope }), asked === undefined ? {} : { scope: asked })
    const outcome = await outcomeOf(test, request)
    return outcome === 'accepted success' ? (await test.request(request)).scope : outcome
  }
  const table = { 'orders:read': ['invoice:read'], 'orders:write': ['invoice:read', 'invoice:write'] }
  const forbidden = 'invalid_scope denied ERR_STS_SCOPE_FORBIDDEN'
  const empty = 'invalid_scope denied ERR_STS_SCOPE_EMPTY'

  it.each<[string, object, string | undefined, string | undefined, string, object?]>([
    ['asked for, of what the table makes of them', { scopes: table }, 'orders:write', 'invoice:write', 'invoice:write'],
    [
      'all of that, where none is asked for',
      { scopes: table },
      'orders:write',
      undefined,
      'invoice:read invoice:write',
    ],
    [
      'in the order of the request',
      { scopes: table },
      'orders:write',
      'invoice:write invoice:read',
      'invoice:write invoice:read',
    ],
    ['refused where one cannot be given', { scopes: table }, 'orders:read', 'invoice:read invoice:write', forbidden],
    [
      'fewer, where the rule narrows',
      { scopes: table, narrow: true },
      'orders:read',
      'invoice:read invoice:write',
      'invoice:read',
    ],
    ['refused where narrowing leaves none', { scopes: table, narrow: true }, 'orders:read', 'invoice:write', empty],
    ['worth nothing where the table is silent', { scopes: table }, 'invoice:read', undefined, empty],
    ['worth nothing by a name of every object', { scopes: table }, 'constructor __proto__', undefined, empty],
    ['themselves', { scopes: 'same' }, 'invoice:read profile', undefined, 'invoice:read'],
    ['not what the target does not know', { scopes: 'same' }, 'profile', 'profile', forbidden],
    [
      "not the rule's own, of a token that has its own",
      { scopes: table, grantScopes: ['invoice:write'] },
      'orders:read',
      undefined,
      'invoice:read',
    ],
    [
      "the rule's own, of an issuer that writes none",
      { scopes: undefined, grantScopes: ['invoice:write'] },
      undefined,
      undefined,
      'invoice:write',
      { subjectScopes: 'from-policy' },
    ],
    [
      "not the rule's own beside those that a token of such an issuer has all the same",
      { scopes: table, grantScopes: ['invoice:write'] },
      'orders:read',
      undefined,
      'invoice:read',
      { subjectScopes: 'from-policy' },
    ],
  ])('%s', async (_, rule, scope, asked, gives, trust) => {
    expect(await scopesOf(rule, scope, asked, trust)).toBe(gives)
  })

  it("are not the rule's own where the issuer may not say those that the token has", async () => {
    const test = await createService({
      acmeEntry: { grants: { scopes: [] } },
      rules: [{ ...ordersToBilling, subjectIssuers: [ACME], scopes: table, grantScopes: ['invoice:write'] }],
      trust: [{ use: 'subject', issuer: ACME, subjectScopes: 'from-policy' }],
    })
    const [narrow, silent] = [await test.acme.token({ scope: 'profile' }), await test.acme.token({ scope: undefined })]
    expect(await outcomeOf(test, exchangeOf(narrow))).toBe(empty)
    expect((await test.request(exchangeOf(silent))).scope).toBe('invoice:write')
  })

  it('that were dropped stand in the audit trail', async () => {
    const test = await createService({ rules: [{ ...ordersToBilling, narrow: true }] })
    const subject = await test.acme.token({ scope: 'orders:read' })
    await test.request(exchangeOf(subject, { scope: 'invoice:read invoice:write' }))
    expect(test.audit.entries.at(-1)?.scope).toEqual({
      requested: ['invoice:read', 'invoice:write'],
      granted: ['invoice:read'],
      dropped: ['invoice:write'],
    })
  })
})

describe('where an exchanged token goes, RFC 8707 section 2', () => {
  it.each<[string, Asked]>([
    ['its name', { audience: 'billing' }],
    ['its audience', { audience: 'https://billing.example' }],
    ['a resource of it', { audience: [], resource: 'https://billing.example/api' }],
    ['its audience as a resource', { audience: [], resource: 'https://billing.example' }],
    ['all of them', { audience: ['billing', 'https://billing.example'], resource: 'https://billing.example/api' }],
    ['nothing, where the policy leaves one', { audience: [] }],
  ])('is said by %s', async (_, changes) => {
    const test = await createService()
    const response = await test.request(exchangeOf(await test.acme.token({ scope: 'orders:read' }), changes))
    expect(payloadOf(response.access_token)['aud']).toBe('https://billing.example')
  })
})

/** lp(one) ‖ lp(other), written out. */
function lengthPrefixed(...parts: readonly string[]): Buffer {
  return Buffer.concat(parts.flatMap((part) => [Buffer.from([0, 0, 0, part.length]), Buffer.from(part)]))
}
