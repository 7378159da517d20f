import type { TokenOptions } from '@countersign/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  ACME,
  createService,
  exchangeOf,
  GLOBEX,
  NOW_SECONDS,
  outcomeOf,
  payloadOf,
  partners,
  RULES,
  STS,
} from '../service.js'
import type { Asked, TestService } from '../service.js'

let test: TestService
beforeEach(async () => {
  test = await createService()
})

const redeem = (assertion: string | undefined, changes: Asked = {}): Asked => ({
  grant: 'jwt-bearer',
  audience: 'billing',
  values: { assertion },
  ...changes,
})

async function assert(claims: Readonly<Record<string, unknown>> = {}, options: TokenOptions = {}): Promise<string> {
  return test.acme.token(
    { sub: 'alice', client_id: undefined, scope: 'orders:read', ...claims },
    { typ: 'JWT', ...options },
  )
}

const bad = (reason: string): string => `invalid_grant failure ${reason}`

describe('the JWT bearer grant, RFC 7523', () => {
  it('section 2.1: gives an access token for the subject, and says which client acts', async () => {
    const response = await test.request(redeem(await assert()))
    expect(response).toEqual({
      access_token: expect.any(String) as string,
      token_type: 'Bearer',
      expires_in: 300,
      scope: 'invoice:read',
    })
    expect(payloadOf(response.access_token)).toMatchObject({
      iss: STS,
      aud: 'https://billing.example',
      client_id: 'orders',
      act: { iss: STS, sub: 'orders' },
      sub_id: { format: 'iss_sub', iss: ACME, sub: 'alice' },
    })
  })

  it('section 3: takes an assertion once, whoever sends it again', async () => {
    const asked = redeem(await assert({ jti: 'once' }))
    expect(await outcomeOf(test, asked)).toBe('accepted success')
    expect(await outcomeOf(test, asked)).toBe(bad('ERR_STS_ASSERTION_REPLAYED'))
    expect(await outcomeOf(test, redeem(await assert({ jti: 'once', exp: NOW_SECONDS + 200 })))).toBe(
      bad('ERR_STS_ASSERTION_REPLAYED'),
    )
    // What operators are told to watch for, with all that is known of the request.
    expect(test.audit.entries.slice(-2)).toMatchObject([
      {
        type: 'replay.detected',
        client: { id: 'orders' },
        subject: { sub: 'alice' },
        exchange: { profile: 'rfc7523' },
      },
      { type: 'replay.detected', tokens: { subject: { jti: 'once' } }, target: { name: 'billing' } },
    ])
  })

  it('section 3: is no subject token, redeemed or not, but by a rule that lets its issuer be exchanged', async () => {
    const exchanged = async (): Promise<readonly string[]> => {
      const assertion = await assert()
      const asked = [redeem(assertion), exchangeOf(assertion), exchangeOf(assertion)]
      const outcomes: string[] = []
      for (const each of asked) outcomes.push(await outcomeOf(test, each))
      return outcomes
    }
    // One use is one of this grant, and an exchange keeps no count.
    expect(await exchanged()).toEqual(['accepted success', 'accepted success', 'accepted success'])
    test = await createService({ rules: [partners] })
    const refused = 'invalid_target denied ERR_STS_TARGET_FORBIDDEN'
    expect(await exchanged()).toEqual(['accepted success', refused, refused])
  })

  it('takes the same jti of another issuer: ids are unique within one alone', async () => {
    expect(await outcomeOf(test, redeem(await assert({ jti: 'same' })))).toBe('accepted success')
    const other = await test.globex.token({ sub: 'bob', scope: 'orders:read', jti: 'same' }, { typ: 'JWT' })
    expect(await outcomeOf(test, redeem(other))).toBe('accepted success')
  })

  it('burns an assertion only once everything else held', async () => {
    const assertion = await assert({ jti: 'patient' })
    expect(await outcomeOf(test, redeem(assertion, { scope: 'invoice:write' }))).toBe(
      'invalid_scope denied ERR_STS_SCOPE_FORBIDDEN',
    )
    expect(await outcomeOf(test, redeem(assertion))).toBe('accepted success')
  })

  it.each<[string, Readonly<Record<string, unknown>>, TokenOptions, string]>([
    ['aud: an API beside us', { aud: [STS, 'https://orders.example'] }, {}, 'ERR_TOKEN_AUDIENCE'],
    ['aud: another', { aud: 'https://orders.example' }, {}, 'ERR_TOKEN_AUDIENCE'],
    ['aud: our token endpoint', { aud: `${STS}/token` }, {}, 'ERR_TOKEN_AUDIENCE'],
    ['jti: missing', { jti: undefined }, {}, 'ERR_TOKEN_CLAIM_MISSING'],
    ['jti: endless', { jti: 'x'.repeat(257) }, {}, 'ERR_TOKEN_CLAIM_VALUE'],
    ['iat: missing', { iat: undefined }, {}, 'ERR_TOKEN_CLAIM_MISSING'],
    ['exp: past', { exp: NOW_SECONDS - 6 }, {}, 'ERR_TOKEN_EXPIRED'],
    ['exp: too far to remember', { exp: NOW_SECONDS + 3_601 }, {}, 'ERR_TOKEN_LIFETIME'],
    [
      'exp: too far, by an iat that is to come',
      { exp: NOW_SECONDS + 3_602, iat: NOW_SECONDS + 4 },
      {},
      'ERR_TOKEN_LIFETIME',
    ],
    ['sub: missing', { sub: undefined }, {}, 'ERR_TOKEN_CLAIM_MISSING'],
    ['iss: nobody we know', { iss: 'https://evil.example' }, {}, 'ERR_ISSUER_UNTRUSTED'],
    ['iss: our own', { iss: STS }, {}, 'ERR_ISSUER_UNTRUSTED'],
    ['typ: an access token', {}, { typ: 'at+jwt' }, 'ERR_TOKEN_TYPE'],
    ['typ: an access token, in full', {}, { typ: 'application/AT+JWT' }, 'ERR_TOKEN_TYPE'],
    ['typ: an access token of Keycloak', { typ: 'Bearer' }, {}, 'ERR_TOKEN_TYPE'],
    ['token_use: an access token of Cognito', { token_use: 'access' }, {}, 'ERR_TOKEN_TYPE'],
    ['cnf: a key that nobody has proven', { cnf: { jkt: 'x' } }, {}, 'ERR_STS_PROOF_REQUIRED'],
    ['exp: too soon to be of use', { exp: NOW_SECONDS + 9 }, {}, 'ERR_STS_LIFETIME'],
  ])('section 3.1: is refused with invalid_grant: %s', async (_, claims, options, reason) => {
    expect(await outcomeOf(test, redeem(await assert(claims, options)))).toBe(bad(reason))
  })

  it('section 3.1: is refused with invalid_grant where the assertion names another actor', async () => {
    const assertion = await assert({ may_act: { iss: STS, sub: 'billing' } })
    expect(await outcomeOf(test, redeem(assertion))).toBe('invalid_grant denied ERR_STS_MAY_ACT')
  })

  it('section 3.1: is refused with invalid_grant where no rule takes subjects of the issuer', async () => {
    test = await createService({ rules: [{ ...partners, subjectIssuers: [GLOBEX] }] })
    expect(await outcomeOf(test, redeem(await assert()))).toBe('invalid_grant denied ERR_STS_POLICY_DENIED')
  })

  it('is refused with invalid_request without an assertion', async () => {
    expect(await outcomeOf(test, redeem(undefined))).toBe('invalid_request failure ERR_STS_PARAMETER_MISSING')
  })

  it('is refused where the issuer is trusted for access tokens alone: those are never grants', async () => {
    test = await createService({
      trust: [
        { use: 'subject', issuer: ACME, tokenTypes: ['access_token'] },
        { use: 'subject', issuer: GLOBEX },
      ],
    })
    expect(await outcomeOf(test, redeem(await assert()))).toBe(bad('ERR_TOKEN_TYPE'))
  })

  it('takes no rule that is there for exchanges', async () => {
    test = await createService({ rules: RULES.slice(0, 3) })
    expect(await outcomeOf(test, redeem(await assert()))).toBe('invalid_target denied ERR_STS_TARGET_FORBIDDEN')
  })

  it('section 3.5: is unavailable where the replay store cannot say', async () => {
    test = await createService({
      replayStore: { shared: true, claim: () => Promise.reject(new Error('away')) },
    })
    expect(await outcomeOf(test, redeem(await assert()))).toBe('temporarily_unavailable error ERR_STORE_UNAVAILABLE')
  })

  it('section 3.2: is unavailable where the replay store may have forgotten', async () => {
    test = await createService({
      replayStore: { shared: true, claim: () => ({ fresh: true, memorySinceMs: test.clock.now() }) },
    })
    expect(await outcomeOf(test, redeem(await assert()))).toBe('temporarily_unavailable error ERR_STORE_UNAVAILABLE')
    test = await createService({
      replayStore: { shared: true, claim: () => ({ fresh: true, memorySinceMs: test.clock.now() - 66_000 }) },
    })
    expect(await outcomeOf(test, redeem(await assert()))).toBe('accepted success')
  })
})
