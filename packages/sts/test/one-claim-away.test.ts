import { sign } from 'node:crypto'
import { createVerifier } from '@countersign/core'
import { createTestIssuer, createTestKey, testRuntime } from '@countersign/testing'
import type { TokenOptions } from '@countersign/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { verifyOwnToken } from '../src/subject/own-token.js'
import { ACME, createService, exchangeOf, NOW_SECONDS, outcomeOf, payloadOf, STS, TYPES } from './service.js'
import type { Asked, TestService } from './service.js'

let test: TestService
beforeAll(async () => {
  test = await createService({ trust: [{ use: 'subject', issuer: ACME }], rules: RULES_OF_ACME })
})

const RULES_OF_ACME = [
  {
    id: 'orders-to-billing',
    effect: 'allow',
    clients: ['orders'],
    targets: ['billing'],
    subjectIssuers: [ACME, STS],
    scopes: { 'orders:read': ['invoice:read'] },
  },
] as const

const bad = (reason: string): string => `invalid_request failure ${reason}`

interface Row {
  readonly title: string
  readonly claims?: Readonly<Record<string, unknown>>
  readonly options?: TokenOptions
  readonly asked?: Asked
  readonly gives: string
}

const foreign: readonly Row[] = [
  { title: 'the valid one', gives: 'accepted success' },
  { title: 'iss: nobody we know', claims: { iss: 'https://evil.example' }, gives: bad('ERR_ISSUER_UNTRUSTED') },
  { title: 'iss: with a slash', claims: { iss: `${ACME}/` }, gives: bad('ERR_ISSUER_UNTRUSTED') },
  { title: 'iss: missing', claims: { iss: undefined }, gives: bad('ERR_TOKEN_ISSUER') },
  { title: 'iss: ours, signed by another', claims: { iss: STS }, gives: bad('ERR_TOKEN_TYPE') },
  { title: 'sub: missing', claims: { sub: undefined }, gives: bad('ERR_TOKEN_CLAIM_MISSING') },
  { title: 'sub: a number', claims: { sub: 7 }, gives: bad('ERR_TOKEN_CLAIM_TYPE') },
  { title: 'aud: another API', claims: { aud: 'https://orders.example' }, gives: bad('ERR_TOKEN_AUDIENCE') },
  { title: 'aud: our issuer with a slash', claims: { aud: `${STS}/` }, gives: bad('ERR_TOKEN_AUDIENCE') },
  { title: 'aud: missing', claims: { aud: undefined }, gives: bad('ERR_TOKEN_AUDIENCE') },
  { title: 'exp: past', claims: { exp: NOW_SECONDS - 6 }, gives: bad('ERR_TOKEN_EXPIRED') },
  { title: 'exp: missing', claims: { exp: undefined }, gives: bad('ERR_TOKEN_CLAIM_MISSING') },
  { title: 'exp: too soon to be of use', claims: { exp: NOW_SECONDS + 9 }, gives: bad('ERR_STS_LIFETIME') },
  {
    title: 'exp: within the tolerance, and nothing left',
    claims: { exp: NOW_SECONDS - 4 },
    gives: bad('ERR_STS_LIFETIME'),
  },
  { title: 'nbf: to come', claims: { nbf: NOW_SECONDS + 6 }, gives: bad('ERR_TOKEN_NOT_YET_VALID') },
  { title: 'iat: to come', claims: { iat: NOW_SECONDS + 6 }, gives: bad('ERR_TOKEN_ISSUED_IN_FUTURE') },
  { title: 'nonce: an ID token', claims: { nonce: 'n' }, gives: bad('ERR_TOKEN_TYPE') },
  { title: 'typ: an ID-JAG', options: { typ: 'oauth-id-jag+jwt' }, gives: bad('ERR_TOKEN_TYPE') },
  { title: 'cnf: bound to a key', claims: { cnf: { jkt: 'x' } }, gives: bad('ERR_STS_PROOF_REQUIRED') },
  { title: 'cnf: bound in a way nobody knows', claims: { cnf: { kid: 'x' } }, gives: bad('ERR_TOKEN_CONFIRMATION') },
  { title: 'sid: a number', claims: { sid: 7 }, gives: bad('ERR_TOKEN_CLAIM_TYPE') },
  {
    title: 'scope: worth nothing here',
    claims: { scope: 'orders:delete' },
    gives: 'invalid_scope denied ERR_STS_SCOPE_EMPTY',
  },
  { title: 'scope: missing', claims: { scope: undefined }, gives: 'invalid_scope denied ERR_STS_SCOPE_EMPTY' },
  {
    title: 'scope: more than it is worth',
    asked: { scope: 'invoice:read invoice:write' },
    gives: 'invalid_scope denied ERR_STS_SCOPE_FORBIDDEN',
  },
  {
    title: 'subject_token: missing',
    asked: { values: { subject_token: undefined } },
    gives: bad('ERR_STS_PARAMETER_MISSING'),
  },
  { title: 'subject_token: no JWT', asked: { values: { subject_token: 'opaque' } }, gives: bad('ERR_TOKEN_MALFORMED') },
  {
    title: 'subject_token_type: missing',
    asked: { values: { subject_token_type: undefined } },
    gives: bad('ERR_STS_PARAMETER_MISSING'),
  },
  {
    title: 'subject_token_type: access_token, of another issuer',
    asked: { values: { subject_token_type: TYPES.accessToken } },
    gives: bad('ERR_TOKEN_TYPE'),
  },
  {
    title: 'subject_token_type: id_token, of an issuer that gives none',
    asked: { values: { subject_token_type: TYPES.idToken } },
    gives: bad('ERR_TOKEN_TYPE'),
  },
  ...['refresh_token', 'user_id', 'unsigned_json', 'self_signed', 'saml2', 'txn_token'].map((name) => ({
    title: `subject_token_type: ${name}`,
    asked: { values: { subject_token_type: `urn:ietf:params:oauth:token-type:${name}` } },
    gives: bad('ERR_STS_TOKEN_TYPE'),
  })),
  {
    title: 'actor_token_type: without a token',
    asked: { values: { actor_token_type: TYPES.jwt } },
    gives: bad('ERR_STS_PARAMETER_UNEXPECTED'),
  },
  {
    title: 'actor_token: without a type',
    asked: { values: { actor_token: 'a.b.c' } },
    gives: bad('ERR_STS_PARAMETER_MISSING'),
  },
  {
    title: 'actor_token: no JWT',
    asked: { values: { actor_token: 'opaque', actor_token_type: TYPES.jwt } },
    gives: bad('ERR_TOKEN_MALFORMED'),
  },
  {
    title: 'authorization_details: not ours to judge',
    asked: { values: { authorization_details: '[]' } },
    gives: bad('ERR_STS_PARAMETER_UNEXPECTED'),
  },
  {
    title: 'requested_token_type: a refresh token',
    asked: { values: { requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' } },
    gives: bad('ERR_STS_REQUESTED_TYPE'),
  },
  {
    title: 'requested_token_type: a grant, of an API',
    asked: { values: { requested_token_type: TYPES.jwt } },
    gives: bad('ERR_STS_REQUESTED_TYPE'),
  },
  { title: 'audience: unknown', asked: { audience: 'nobody' }, gives: 'invalid_target failure ERR_STS_TARGET_UNKNOWN' },
  {
    title: 'audience: known, and no rule leads there',
    asked: { audience: 'ledger' },
    gives: 'invalid_target denied ERR_STS_TARGET_FORBIDDEN',
  },
  {
    title: 'audience: two targets',
    asked: { audience: ['billing', 'ledger'] },
    gives: 'invalid_target failure ERR_STS_TARGET_SEVERAL',
  },
  {
    title: 'audience and resource: two targets',
    asked: { resource: 'https://ledger.example' },
    gives: 'invalid_target failure ERR_STS_TARGET_SEVERAL',
  },
  {
    title: 'resource: unknown',
    asked: { audience: [], resource: 'https://billing.example/' },
    gives: 'invalid_target failure ERR_STS_TARGET_UNKNOWN',
  },
  {
    title: 'resource: with a fragment',
    asked: { resource: 'https://billing.example/api#x' },
    gives: 'invalid_target failure ERR_STS_TARGET_UNKNOWN',
  },
  {
    title: 'resource: not absolute',
    asked: { resource: 'billing' },
    gives: 'invalid_target failure ERR_STS_TARGET_UNKNOWN',
  },
  {
    title: 'client: without the grant',
    asked: { client: 'job' },
    gives: 'unauthorized_client denied ERR_STS_GRANT_FORBIDDEN',
  },
  {
    title: 'client: another, that no rule lets reach the target',
    asked: { client: 'billing' },
    gives: 'invalid_target denied ERR_STS_TARGET_FORBIDDEN',
  },
]

describe('a request one claim away from a valid one, section 2.2.2: refused by its own error, and told in one event:', () => {
  it.each(foreign)('$title', async ({ claims = {}, options = {}, asked = {}, gives }) => {
    const token = await test.acme.token({ sub: 'alice', scope: 'orders:read', ...claims }, options)
    expect(await outcomeOf(test, exchangeOf(token, asked))).toBe(gives)
  })

  it('signature: by another key', async () => {
    const forged = await test.acme.token(
      { scope: 'orders:read' },
      { key: await createTestKey('ES256'), kid: test.acme.keys[0]?.kid },
    )
    expect(await outcomeOf(test, exchangeOf(forged))).toMatch(
      /^invalid_request failure ERR_(TOKEN_SIGNATURE|KEY_NOT_FOUND)$/,
    )
  })
})

interface OwnRow {
  readonly title: string
  readonly claims?: Readonly<Record<string, unknown>>
  readonly type?: 'at+jwt' | 'JWT'
  readonly asked?: Asked
  readonly gives: string
}

const own: readonly OwnRow[] = [
  { title: 'the valid one', gives: 'accepted success' },
  { title: 'typ: a grant for another domain', type: 'JWT', gives: bad('ERR_TOKEN_TYPE') },
  { title: 'aud: another API', claims: { aud: 'https://billing.example' }, gives: bad('ERR_TOKEN_AUDIENCE') },
  {
    title: 'aud: another API, issued to the requester',
    claims: { aud: 'https://billing.example', client_id: 'orders' },
    gives: 'accepted success',
  },
  { title: 'aud: the client id of the requester', claims: { aud: ['orders'] }, gives: 'accepted success' },
  { title: 'aud: missing', claims: { aud: undefined }, gives: bad('ERR_TOKEN_AUDIENCE') },
  { title: 'exp: past', claims: { exp: NOW_SECONDS - 6 }, gives: bad('ERR_TOKEN_EXPIRED') },
  { title: 'exp: missing', claims: { exp: undefined }, gives: bad('ERR_TOKEN_CLAIM_MISSING') },
  { title: 'nbf: to come', claims: { nbf: NOW_SECONDS + 6 }, gives: bad('ERR_TOKEN_NOT_YET_VALID') },
  { title: 'sub: missing', claims: { sub: undefined }, gives: bad('ERR_TOKEN_CLAIM_MISSING') },
  { title: 'jti: missing', claims: { jti: undefined }, gives: bad('ERR_TOKEN_CLAIM_MISSING') },
  { title: 'client_id: missing', claims: { client_id: undefined }, gives: bad('ERR_TOKEN_CLAIM_MISSING') },
  {
    title: 'sub_id: in another format',
    claims: { sub_id: { format: 'email', email: 'a@b.example' } },
    gives: bad('ERR_TOKEN_CLAIM_TYPE'),
  },
  { title: 'sub_id: null', claims: { sub_id: null }, gives: bad('ERR_TOKEN_CLAIM_TYPE') },
  { title: 'cnf: no object', claims: { cnf: 'x' }, gives: bad('ERR_TOKEN_CLAIM_TYPE') },
  { title: 'cnf: null', claims: { cnf: null }, gives: bad('ERR_TOKEN_CLAIM_TYPE') },
  { title: 'cnf: of a kind nobody knows', claims: { cnf: { kid: 'x' } }, gives: bad('ERR_TOKEN_CONFIRMATION') },
  { title: 'cnf: a key that nobody has proven', claims: { cnf: { jkt: 'x' } }, gives: bad('ERR_STS_PROOF_REQUIRED') },
  { title: 'scope: a list', claims: { scope: ['orders:read'] }, gives: bad('ERR_TOKEN_CLAIM_TYPE') },
  {
    title: 'subject_token_type: jwt',
    asked: { values: { subject_token_type: TYPES.jwt } },
    gives: bad('ERR_TOKEN_TYPE'),
  },
  {
    title: 'subject_token_type: id_token',
    asked: { values: { subject_token_type: TYPES.idToken } },
    gives: bad('ERR_TOKEN_TYPE'),
  },
]

describe('a token of ours one claim away from a valid one, RFC 9068 section 4:', () => {
  it.each(own)('$title', async ({ claims, type, asked = {}, gives }) => {
    const token = await test.ownToken(claims, type)
    const values = { subject_token_type: TYPES.accessToken, ...asked.values }
    expect(await outcomeOf(test, exchangeOf(token, { ...asked, values }))).toBe(gives)
  })

  it('iss: another service that shares our keys', async () => {
    const token = await test.ownToken({ iss: 'https://other-sts.example' })
    await expect(verifyOwnToken(token, test.service)).rejects.toMatchObject({ reason: 'ERR_TOKEN_ISSUER' })
  })

  it('alg: another than that of the key', async () => {
    const { kid, privateKey } = await test.service.signingKeys.findSigner('ES256')
    const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url')
    const input = `${encode({ alg: 'ES384', typ: 'at+jwt', kid })}.${(await test.ownToken()).split('.')[1] ?? ''}`
    const signature = sign('sha384', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' })
    const forged = `${input}.${signature.toString('base64url')}`
    await expect(verifyOwnToken(forged, test.service)).rejects.toMatchObject({ reason: 'ERR_TOKEN_SIGNATURE' })
  })

  it('kid: of no key of ours, whoever signed', async () => {
    const forged = await test.acme.token({ iss: STS, aud: 'https://orders.example', scope: 'orders:read' })
    const values = { subject_token_type: TYPES.accessToken }
    expect(await outcomeOf(test, exchangeOf(forged, { values }))).toBe(bad('ERR_KEY_NOT_FOUND'))
  })

  it('kid: ours, signed by another key', async () => {
    const [key] = (await test.service.signingKeys.jwks()).keys
    const forged = await test.acme.token({ iss: STS, aud: 'https://orders.example' }, { kid: String(key?.['kid']) })
    const values = { subject_token_type: TYPES.accessToken }
    expect(await outcomeOf(test, exchangeOf(forged, { values }))).toBe(bad('ERR_TOKEN_SIGNATURE'))
  })

  it('kid: of a key that was revoked', async () => {
    const service = await createService()
    const token = await service.ownToken()
    const asked = exchangeOf(token, { values: { subject_token_type: TYPES.accessToken } })
    expect(await outcomeOf(service, asked)).toBe('accepted success')
    const { kid } = await service.service.signingKeys.findSigner('ES256')
    await service.service.signingKeys.revoke(kid)
    expect(await outcomeOf(service, asked)).toBe(bad('ERR_KEY_NOT_FOUND'))
  })

  it.each<[string, Readonly<Record<string, unknown>>, (service: TestService) => void]>([
    ['the token', { jti: 't' }, ({ revocations }) => revocations.revokeToken({ issuer: STS, tokenId: 't' })],
    ['its session', { sid: 's' }, ({ revocations }) => revocations.revokeSession({ issuer: STS, sessionId: 's' })],
    [
      'its subject',
      { sub: 'u' },
      ({ revocations }) =>
        revocations.revokeSubject({ issuer: STS, subject: 'u', issuedBeforeSeconds: NOW_SECONDS + 1 }),
    ],
    [
      'the subject that it is about in the first place, by its own issuer',
      { sub_id: { format: 'iss_sub', iss: ACME, sub: 'alice' } },
      ({ revocations }) =>
        revocations.revokeSubject({ issuer: ACME, subject: 'alice', issuedBeforeSeconds: NOW_SECONDS + 1 }),
    ],
    [
      'the session that it comes from, by its own issuer',
      { sub_id: { format: 'iss_sub', iss: ACME, sub: 'alice' }, sid: 's' },
      ({ revocations }) => revocations.revokeSession({ issuer: ACME, sessionId: 's' }),
    ],
  ])('revoked: %s', async (_, claims, revoke) => {
    const service = await createService()
    const asked = exchangeOf(await service.ownToken(claims), { values: { subject_token_type: TYPES.accessToken } })
    expect(await outcomeOf(service, asked)).toBe('accepted success')
    revoke(service)
    expect(await outcomeOf(service, asked)).toBe(bad('ERR_TOKEN_REVOKED'))
  })

  it.each<[string, () => boolean | Promise<boolean>]>([
    [
      'throws',
      () => {
        throw new Error('away')
      },
    ],
    [
      'rejects',
      async () => {
        throw new Error('away')
      },
    ],
  ])('section 3.5: a revocation store that %s is an outage', async (_, isRevoked) => {
    const service = await createService({ revocations: { isRevoked, revokeToken: () => {} } })
    const asked = exchangeOf(await service.ownToken(), { values: { subject_token_type: TYPES.accessToken } })
    expect(await outcomeOf(service, asked)).toBe('temporarily_unavailable error ERR_STATUS_UNAVAILABLE')
  })

  it('section 3.5: a revocation store that answers neither yes nor no refuses', async () => {
    const service = await createService({ revocations: { isRevoked: () => undefined as never, revokeToken: () => {} } })
    const asked = exchangeOf(await service.ownToken(), { values: { subject_token_type: TYPES.accessToken } })
    expect(await outcomeOf(service, asked)).toBe(bad('ERR_TOKEN_REVOKED'))
  })
})

describe('an ID token, section 1.3 step 5:', () => {
  const idTokens = async (claims: Readonly<Record<string, unknown>>, tokenType: string = TYPES.idToken) => {
    const service = await createService({
      acmeEntry: { tokenProfile: 'id-token', clientIds: ['orders', 'web'] },
      trust: [{ use: 'subject', issuer: ACME, tokenTypes: ['id_token'], subjectScopes: 'from-policy' }],
      rules: [{ ...RULES_OF_ACME[0], scopes: undefined, grantScopes: ['invoice:read'] }],
    })
    const token = await service.acme.token(
      { sub: 'alice', aud: 'orders', client_id: undefined, ...claims },
      { typ: 'JWT' },
    )
    return { service, asked: exchangeOf(token, { values: { subject_token_type: tokenType } }) }
  }

  it.each<[string, Readonly<Record<string, unknown>>, string]>([
    ['for the requester', { nonce: 'n' }, 'accepted success'],
    ['for another client', { aud: 'web' }, bad('ERR_TOKEN_AUDIENCE')],
    ['for another client too', { aud: ['orders', 'web'] }, bad('ERR_TOKEN_AUDIENCE')],
    ['for this service', { aud: STS }, bad('ERR_TOKEN_AUDIENCE')],
    ['issued to another client', { azp: 'web' }, bad('ERR_TOKEN_AUDIENCE')],
  ])('%s', async (_, claims, gives) => {
    const { service, asked } = await idTokens(claims)
    expect(await outcomeOf(service, asked)).toBe(gives)
  })

  it('is none under another name', async () => {
    const { service, asked } = await idTokens({}, TYPES.jwt)
    expect(await outcomeOf(service, asked)).toBe(bad('ERR_TOKEN_TYPE'))
  })
})

describe('the audience of a token of another issuer, section 1.3 step 5:', () => {
  const ofApi = async (audiences: readonly string[], aud: string, client = 'orders') => {
    const service = await createService({
      acmeEntry: { audience: [STS, 'https://orders.example', 'https://shared.example'] },
      trust: [{ use: 'subject', issuer: ACME, audiences }],
      rules: [{ ...RULES_OF_ACME[0], clients: ['orders', 'billing'] }],
    })
    const token = await service.acme.token({ sub: 'alice', scope: 'orders:read', aud })
    return outcomeOf(service, exchangeOf(token, { client }))
  }

  it('may be a name of the requester that the trust record lists', async () => {
    expect(await ofApi(['https://orders.example'], 'https://orders.example')).toBe('accepted success')
  })
  it('may be a name that is no client, and that the trust record lists', async () => {
    expect(await ofApi(['https://shared.example'], 'https://shared.example', 'billing')).toBe('accepted success')
  })
  it('is not the name of another client: what was sent to orders is not for billing to use', async () => {
    expect(await ofApi(['https://orders.example'], 'https://orders.example', 'billing')).toBe(bad('ERR_TOKEN_AUDIENCE'))
  })
  it('is not a name that the verifier takes and the trust record does not list', async () => {
    expect(await ofApi([], 'https://orders.example')).toBe(bad('ERR_TOKEN_AUDIENCE'))
  })
})

describe('trust, section 1.3 step 4:', () => {
  it('takes no token of an issuer that authenticates clients', async () => {
    const service = await createService({
      trust: [{ use: 'client', issuer: ACME }],
      rules: [{ ...RULES_OF_ACME[0], subjectIssuers: [STS] }],
    })
    const token = await service.acme.token({ scope: 'orders:read' })
    expect(await outcomeOf(service, exchangeOf(token))).toBe(bad('ERR_ISSUER_UNTRUSTED'))
  })

  it('takes no token of an issuer that only the verifier knows', async () => {
    const token = await test.globex.token({ scope: 'orders:read' })
    expect(await outcomeOf(test, exchangeOf(token))).toBe(bad('ERR_ISSUER_UNTRUSTED'))
  })

  it('takes a foreign token that is called an access token by opt-in alone', async () => {
    const service = await createService({
      trust: [{ use: 'subject', issuer: ACME, tokenTypes: ['access_token'] }],
      rules: RULES_OF_ACME,
    })
    const token = await service.acme.token({ sub: 'alice', scope: 'orders:read' })
    const called = (type: string): Promise<string> =>
      outcomeOf(service, exchangeOf(token, { values: { subject_token_type: type } }))
    expect(await called(TYPES.accessToken)).toBe('accepted success')
    expect(await called(TYPES.jwt)).toBe(bad('ERR_TOKEN_TYPE'))
  })

  it('without a verifier takes its own tokens alone', async () => {
    const service = await createService({
      verifier: undefined,
      trust: [],
      rules: [{ ...RULES_OF_ACME[0], subjectIssuers: [STS] }],
    })
    const token = await service.acme.token({ scope: 'orders:read' })
    expect(await outcomeOf(service, exchangeOf(token))).toBe(bad('ERR_ISSUER_UNTRUSTED'))
  })

  it('says 503, and not that the token is bad, where the issuer does not answer', async () => {
    const service = await createService({
      trust: [{ use: 'subject', issuer: ACME }],
      rules: RULES_OF_ACME,
      ...(await unreachable()),
    })
    const token = await service.acme.token({ scope: 'orders:read' })
    expect(await outcomeOf(service, exchangeOf(token))).toMatch(/^temporarily_unavailable error ERR_/)
  })
})

/** A verifier whose issuer is down. */
async function unreachable(): Promise<{ readonly verifier: ReturnType<typeof createVerifier> }> {
  const issuer = await createTestIssuer({ issuer: ACME, clock: test.clock })
  await issuer.outage('down')
  return { verifier: createVerifier({ audience: STS, issuers: [ACME], runtime: testRuntime(issuer) }) }
}

describe('tokens of other types, by the SubjectTokenVerifier port', () => {
  const SAML2 = 'urn:ietf:params:oauth:token-type:saml2'
  const clients = [
    {
      clientId: 'orders',
      authentication: { method: 'client_secret_basic', secrets: ['a-secret-of-at-least-32-characters-for-tests'] },
      subjectTokenTypes: ['saml2'],
    },
  ] as const
  const saml = (trust: 'subject' | 'client' | undefined) => ({
    clients,
    rules: [{ ...RULES_OF_ACME[0], subjectIssuers: trust === 'subject' ? [ACME, STS] : [STS] }],
    trust: trust === undefined ? [] : [{ use: trust, issuer: ACME }],
  })

  it('are verified by whoever takes them, who is told the client', async () => {
    const calls: unknown[] = []
    const service = await createService({
      ...saml('subject'),
      subjectTokenVerifiers: [
        {
          tokenTypes: [SAML2],
          verify: async (token, context) => {
            calls.push([token, context])
            return test.service.verifier?.verify(await test.acme.token({ sub: 'alice', scope: 'orders:read' })) as never
          },
        },
      ],
    })
    const { access_token } = await service.request(
      exchangeOf('<Assertion/>', { values: { subject_token_type: SAML2 } }),
    )
    expect(calls).toEqual([['<Assertion/>', { tokenType: SAML2, clientId: 'orders' }]])
    expect(payloadOf(access_token)['sub_id']).toEqual({ format: 'iss_sub', iss: ACME, sub: 'alice' })
  })

  it.each(['jwt', 'access_token', 'id_token', 'refresh_token', 'unsigned_json'])(
    'are never of type %s',
    async (name) => {
      const verifier = {
        tokenTypes: [`urn:ietf:params:oauth:token-type:${name}`],
        verify: () => Promise.reject(new Error()),
      }
      await expect(createService({ ...saml('subject'), subjectTokenVerifiers: [verifier] })).rejects.toThrow(
        'Option "subjectTokenVerifiers[0].tokenTypes"',
      )
    },
  )

  it.each(['client', undefined] as const)('speak for nobody whose issuer is trusted for %s', async (trust) => {
    const service = await createService({
      ...saml(trust),
      subjectTokenVerifiers: [
        {
          tokenTypes: [SAML2],
          verify: async () => test.service.verifier?.verify(await test.acme.token({ sub: 'alice' })) as never,
        },
      ],
    })
    const asked = exchangeOf('<Assertion/>', { values: { subject_token_type: SAML2 } })
    expect(await outcomeOf(service, asked)).toBe(bad('ERR_ISSUER_UNTRUSTED'))
  })
})
