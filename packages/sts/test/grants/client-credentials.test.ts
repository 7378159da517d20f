import { describe, expect, it } from 'vitest'
import { findGrant, GRANT_TYPES } from '../../src/grants/find-grant.js'
import { createService, NOW_SECONDS, outcomeOf, payloadOf, jobs, STS } from '../service.js'
import type { Asked } from '../service.js'

const asked: Asked = { client: 'job', grant: 'client-credentials', audience: 'billing' }

describe('client credentials, RFC 6749 section 4.4', () => {
  it('RFC 9068 section 2.2: the client is the subject, and nobody acts for it', async () => {
    const test = await createService()
    const response = await test.request(asked)
    expect(response).toEqual({
      access_token: expect.any(String) as string,
      token_type: 'Bearer',
      expires_in: 300,
      scope: 'invoice:read',
    })
    expect(payloadOf(response.access_token)).toEqual({
      iss: STS,
      sub: 'job',
      aud: 'https://billing.example',
      iat: NOW_SECONDS,
      exp: NOW_SECONDS + 300,
      jti: expect.any(String) as string,
      client_id: 'job',
      scope: 'invoice:read',
      txn: expect.any(String) as string,
    })
  })

  it('goes to the one target that the policy leaves, where none is named', async () => {
    const test = await createService()
    const { access_token } = await test.request({ ...asked, audience: [] })
    expect(payloadOf(access_token)['aud']).toBe('https://billing.example')
  })

  it('goes nowhere by itself where the policy leaves several', async () => {
    const test = await createService({
      rules: [jobs, { ...jobs, id: 'more', targets: ['ledger'], grantScopes: ['entries:read'] }],
    })
    expect(await outcomeOf(test, { ...asked, audience: [] })).toBe('invalid_target failure ERR_STS_TARGET_MISSING')
  })

  it.each<[string, Asked, string]>([
    ['another target', { audience: 'ledger' }, 'invalid_target denied ERR_STS_TARGET_FORBIDDEN'],
    ['another scope', { scope: 'invoice:write' }, 'invalid_scope denied ERR_STS_SCOPE_FORBIDDEN'],
    ['a client without the grant', { client: 'billing' }, 'unauthorized_client denied ERR_STS_GRANT_FORBIDDEN'],
  ])('refuses %s', async (_, changes, gives) => {
    expect(await outcomeOf(await createService(), { ...asked, ...changes })).toBe(gives)
  })

  it('refuses what a rule denies, whatever another allows', async () => {
    const deny = {
      id: 'no',
      effect: 'deny',
      clients: ['job'],
      targets: ['billing'],
      subjectIssuers: [],
      grants: ['client-credentials'],
    } as const
    const test = await createService({ rules: [jobs, deny] })
    expect(await outcomeOf(test, asked)).toBe('invalid_target denied ERR_STS_TARGET_FORBIDDEN')
    expect(test.audit.entries.at(-1)?.policy?.rule).toBe('no')
  })

  it('judges a workload by its mapped claims, and passes on those that the target lists', async () => {
    const rule = { ...jobs, when: [{ claim: 'repository', oneOf: ['acme/shop'] }] }
    const test = await createService({
      rules: [rule],
      targets: { billing: { audience: 'https://billing.example', scopes: ['invoice:read'], claims: ['repository'] } },
    })
    const request = (repository: string): Promise<string> =>
      run(test, repository).then(({ access_token }) => access_token)
    expect(payloadOf(await request('acme/shop'))).toMatchObject({ sub: 'job', repository: 'acme/shop' })
    await expect(request('evil/shop')).rejects.toMatchObject({ reason: 'ERR_STS_TARGET_FORBIDDEN' })
    expect(await outcomeOf(test, asked)).toBe('invalid_target denied ERR_STS_TARGET_FORBIDDEN')
  })
})

/** The request of a client that a platform vouched for. */
async function run(test: Awaited<ReturnType<typeof createService>>, repository: string) {
  const token = await test.acme.token({ sub: 'job', repository })
  const workload = await test.service.verifier?.verify(token)
  const registration = test.service.clients.find(({ clientId }) => clientId === 'job')
  const parameters = { grantType: GRANT_TYPES['client-credentials'], values: new Map<string, string>() }
  return findGrant(GRANT_TYPES['client-credentials'])(
    {
      id: 'request-2',
      parameters: { ...parameters, audiences: ['billing'], resources: [], scopes: undefined },
      client: {
        registration: registration as never,
        method: 'workload',
        keyId: undefined,
        workload: workload as never,
      },
      possession: {},
      remoteAddress: undefined,
      startedAtMs: test.clock.now(),
    },
    test.service,
  )
}
