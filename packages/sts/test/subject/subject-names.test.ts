import { createVerifier } from '@countersign/core'
import { describe, expect, it } from 'vitest'
import { createSubjectNames } from '../../src/subject/subject-names.js'
import { toPairwiseSubject } from '../../src/tokens/subject-name.js'
import { ACME, createService, exchangeOf, GLOBEX, ordersToBilling, RULES, STS, TARGETS } from '../service.js'
import type { TestService } from '../service.js'

const alice = { issuer: ACME, subject: 'alice' }
const pairwise = { issuer: STS, subject: toPairwiseSubject(alice) }

/** Whether an API that trusts the service, and asks the same store, takes the token of alice for it. */
async function createApi({ service, clock, revocations, acme, request }: TestService, audience: string) {
  const { keys } = await service.signingKeys.jwks()
  const api = createVerifier({
    audience,
    issuers: [{ issuer: STS, keys: { jwks: { keys } }, tokenProfile: 'rfc9068' }],
    revocationStore: revocations,
    runtime: { now: () => clock.now() },
  })
  const subject = await acme.token({ sub: 'alice', sid: 's1', scope: 'orders:read' })
  const { access_token } = await request(exchangeOf(subject, { audience }))
  return () => api.verify(access_token)
}

describe('every name of a subject', () => {
  it('a subject that was put out by all of its names is refused by an API that trusts the service', async () => {
    const test = await createService()
    const ask = await createApi(test, 'https://billing.example')
    test.revocations.revokeSubject(alice)
    expect((await ask()).subject).toBe(pairwise.subject)
    for (const name of createSubjectNames(test.service)(alice)) test.revocations.revokeSubject(name)
    await expect(ask()).rejects.toMatchObject({ reason: 'ERR_TOKEN_REVOKED' })
  })

  it('and a session by its id at both issuers', async () => {
    const test = await createService()
    const ask = await createApi(test, 'https://billing.example')
    for (const issuer of [ACME, STS]) test.revocations.revokeSession({ issuer, sessionId: 's1' })
    await expect(ask()).rejects.toMatchObject({ reason: 'ERR_TOKEN_REVOKED' })
  })

  it('is the one that its issuer gave it, and the one that the service gives it', async () => {
    const { service } = await createService()
    expect(createSubjectNames(service)(alice)).toEqual([alice, pairwise])
  })

  it('is its first name at the service too, where a target takes that, and of no other issuer', async () => {
    const partner = { audience: 'https://partner.example', scopes: ['orders:read'], subject: 'same' } as const
    const toPartner = { ...ordersToBilling, id: 'to-partner', targets: ['partner'], scopes: 'same' } as const
    const test = await createService({
      targets: { ...TARGETS, partner },
      rules: [...RULES, { ...toPartner, subjectIssuers: [ACME] }],
    })
    const find = createSubjectNames(test.service)
    expect(find(alice)).toEqual([alice, pairwise, { issuer: STS, subject: 'alice' }])
    // Of a client of ours that is called like it.
    expect(find({ issuer: GLOBEX, subject: 'alice' })).not.toContainEqual({ issuer: STS, subject: 'alice' })
    const ask = await createApi(test, 'https://partner.example')
    for (const name of find(alice)) test.revocations.revokeSubject(name)
    await expect(ask()).rejects.toMatchObject({ reason: 'ERR_TOKEN_REVOKED' })
  })

  it('of a client of the service is its id alone', async () => {
    const { service } = await createService()
    const job = { issuer: STS, subject: 'job' }
    expect(createSubjectNames(service)(job)).toEqual([job])
  })
})
