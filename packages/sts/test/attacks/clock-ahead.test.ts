import { createVerifier } from '@countersign/core'
import { testRuntime } from '@countersign/testing'
import { describe, expect, it } from 'vitest'
import { ACME, createParties, createService, exchangeOf, NOW_SECONDS, outcomeOf, STS, TYPES } from '../service.js'
import type { Asked, ServiceChanges, TestService } from '../service.js'

const REVOKED = 'invalid_request failure ERR_TOKEN_REVOKED'

/** A token of alice of which the issuer says that it was issued so many seconds from now. */
const ofAcme = async ({ acme, clock }: TestService, seconds: number): Promise<Asked> =>
  exchangeOf(await acme.token({ sub: 'alice', scope: 'orders:read', iat: clock.now() / 1_000 + seconds }))

/** The same of the service's own tokens: of a replica whose clock is ahead. */
const ofReplica = async ({ ownToken, clock }: TestService, seconds: number): Promise<Asked> => {
  const iat = clock.now() / 1_000 + seconds
  return exchangeOf(await ownToken({ sub: 'alice', iat }), { values: { subject_token_type: TYPES.accessToken } })
}

/** A service whose verifier is patient with clocks, and which itself is not. */
async function createPatient(): Promise<TestService> {
  const parties = await createParties()
  const { acme, globex } = parties
  const issuers = [{ issuer: ACME, keys: { jwks: acme.jwks } }]
  const verifier = createVerifier({
    audience: STS,
    issuers,
    clockToleranceSeconds: 60,
    runtime: testRuntime(acme, globex),
  })
  const rules: ServiceChanges['rules'] = [
    {
      id: 'acme',
      effect: 'allow',
      clients: ['orders'],
      targets: ['billing'],
      subjectIssuers: [ACME],
      scopes: { 'orders:read': ['invoice:read'] },
    },
  ]
  return createService({
    parties,
    verifier,
    rules,
    trust: [{ use: 'subject', issuer: ACME }],
    clockToleranceSeconds: 0,
  })
}

describe('a subject that was put out, and a token of before by a clock that is ahead', () => {
  it.each<[string, () => Promise<TestService>, typeof ofAcme, number]>([
    ['of its issuer', () => createService(), ofAcme, 4],
    ['of its issuer, as far as the verifier bears', createPatient, ofAcme, 59],
    ['of another replica', () => createService(), ofReplica, 4],
    [
      'of another replica, as far as the service bears',
      () => createService({ clockToleranceSeconds: 30 }),
      ofReplica,
      29,
    ],
  ])('%s, is refused at once and for ever', async (_, create, toAsked, aheadSeconds) => {
    const test = await create()
    const asked = await toAsked(test, aheadSeconds)
    expect(await outcomeOf(test, asked)).toBe('accepted success')
    test.clock.advance(500)
    for (const issuer of [ACME, STS]) test.revocations.revokeSubject({ issuer, subject: 'alice' })
    expect(await outcomeOf(test, asked)).toBe(REVOKED)
    test.clock.advance(100_000)
    expect(await outcomeOf(test, asked)).toBe(REVOKED)
  })

  it.each([
    ['its issuer', ofAcme],
    ['the service', ofReplica],
  ] as const)('signs in anew at %s, once the tolerance of clocks is over', async (_, toAsked) => {
    const test = await createService()
    for (const issuer of [ACME, STS]) test.revocations.revokeSubject({ issuer, subject: 'alice' })
    test.clock.advance(4_999)
    expect(await outcomeOf(test, await toAsked(test, 0))).toBe(REVOKED)
    test.clock.advance(1)
    expect(await outcomeOf(test, await toAsked(test, 0))).toBe('accepted success')
    expect(test.clock.now()).toBe((NOW_SECONDS + 5) * 1_000)
  })

  it('is asked again no longer than clocks may be apart', async () => {
    const test = await createService({ clockToleranceSeconds: 0 })
    test.revocations.revokeSubject({ issuer: STS, subject: 'alice' })
    expect(await outcomeOf(test, await ofReplica(test, -0.001))).toBe(REVOKED)
    expect(await outcomeOf(test, await ofReplica(test, 0))).toBe('accepted success')
  })
})
