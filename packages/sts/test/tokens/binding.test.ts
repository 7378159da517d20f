import { describe, expect, it } from 'vitest'
import {
  CLIENTS,
  createService,
  exchangeOf,
  outcomeOf,
  payloadOf,
  orders,
  ordersToBilling,
  STS,
  TYPES,
} from '../service.js'
import type { AllowRule } from '../../src/policy/rule.js'
import type { Asked, TestService } from '../service.js'

const MINE = { jkt: 'key-of-the-requester' }
const THEIRS = { jkt: 'key-of-somebody-else' }
const CERTIFICATE = { 'x5t#S256': 'certificate-of-the-requester' }
const PROOF_REQUIRED = 'invalid_request failure ERR_STS_PROOF_REQUIRED'
const BINDING_REQUIRED = 'invalid_request failure ERR_STS_BINDING_REQUIRED'

const byAudience: readonly AllowRule[] = [{ ...ordersToBilling, boundSubject: 'audience' }]

/** An exchange of a token of ours by `orders`: it is meant for it, or with `client_id: 'orders'` was issued to it. */
async function own(test: TestService, claims: Readonly<Record<string, unknown>>, changes: Asked = {}): Promise<Asked> {
  const values = { subject_token_type: TYPES.accessToken, ...changes.values }
  return exchangeOf(await test.ownToken(claims), { ...changes, values })
}

describe('what a token is bound to, RFC 9449 section 5 and RFC 8705 section 3', () => {
  it.each<[string, Asked['possession'], string, unknown]>([
    ['nothing, where nothing was proven', {}, 'Bearer', undefined],
    ['the key of the proof', MINE, 'DPoP', MINE],
    ['the certificate', CERTIFICATE, 'Bearer', CERTIFICATE],
    ['the key of the proof, where there is a certificate too', { ...MINE, ...CERTIFICATE }, 'DPoP', MINE],
  ])('%s', async (_, possession = {}, tokenType, cnf) => {
    const test = await createService()
    const subject = await test.acme.token({ sub: 'alice', scope: 'orders:read' })
    const response = await test.request(exchangeOf(subject, { possession }))
    expect([response.token_type, payloadOf(response.access_token)['cnf']]).toEqual([tokenType, cnf])
  })

  it('RFC 9449 section 5.2: a client that is registered so is given no other', async () => {
    const others = CLIENTS.slice(1)
    const test = await createService({ clients: [{ ...orders, requireBoundTokens: true }, ...others] })
    const subject = await test.acme.token({ sub: 'alice', scope: 'orders:read' })
    expect(await outcomeOf(test, exchangeOf(subject))).toBe(BINDING_REQUIRED)
    expect(await outcomeOf(test, exchangeOf(subject, { possession: CERTIFICATE }))).toBe('accepted success')
  })
})

describe('a bound subject, section 1.8:', () => {
  it('rule 1: the client that it was issued to proves that very key', async () => {
    const test = await createService()
    const claims = { client_id: 'orders', cnf: MINE }
    expect(await outcomeOf(test, await own(test, claims))).toBe(PROOF_REQUIRED)
    expect(await outcomeOf(test, await own(test, claims, { possession: THEIRS }))).toBe(PROOF_REQUIRED)
    const { access_token } = await test.request(await own(test, claims, { possession: MINE }))
    expect(payloadOf(access_token)['cnf']).toEqual(MINE)
    expect(test.audit.entries.at(-1)?.tokens?.subject).toMatchObject({ cnf: 'dpop', possession: 'proven' })
  })

  it('rule 1: also where a rule lets resource servers go without', async () => {
    const test = await createService({ rules: byAudience })
    const asked = await own(test, { client_id: 'orders', cnf: MINE }, { method: 'private_key_jwt', possession: THEIRS })
    expect(await outcomeOf(test, asked)).toBe(PROOF_REQUIRED)
  })

  it('every key that it is bound to', async () => {
    const test = await createService()
    const claims = { client_id: 'orders', cnf: { ...MINE, ...CERTIFICATE } }
    expect(await outcomeOf(test, await own(test, claims, { possession: MINE }))).toBe(PROOF_REQUIRED)
    expect(await outcomeOf(test, await own(test, claims, { possession: CERTIFICATE }))).toBe(PROOF_REQUIRED)
    expect(await outcomeOf(test, await own(test, claims, { possession: { ...MINE, ...CERTIFICATE } }))).toBe(
      'accepted success',
    )
  })

  it('rule 2: a resource server that it is meant for may go without, by a rule, once it authenticated strongly', async () => {
    const bound = { cnf: THEIRS }
    const ordinary = await createService()
    const strong = { method: 'private_key_jwt', possession: MINE } as const
    expect(await outcomeOf(ordinary, await own(ordinary, bound, strong))).toBe(PROOF_REQUIRED)
    const test = await createService({ rules: byAudience })
    for (const method of ['client_secret_basic', 'client_secret_post', 'workload'] as const)
      expect(await outcomeOf(test, await own(test, bound, { method, possession: MINE }))).toBe(PROOF_REQUIRED)
    for (const method of ['private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth'] as const)
      expect(await outcomeOf(test, await own(test, bound, { method, possession: MINE }))).toBe('accepted success')
    expect(test.audit.entries.at(-1)?.tokens?.subject).toMatchObject({ cnf: 'dpop', possession: 'audience' })
  })

  it('rule 2: the key of the token is never the one of the subject', async () => {
    const test = await createService({ rules: byAudience })
    const asked = await own(test, { cnf: THEIRS }, { method: 'private_key_jwt', possession: MINE })
    expect(payloadOf((await test.request(asked)).access_token)['cnf']).toEqual(MINE)
  })

  it('rule 3: bound input never gives a bearer token', async () => {
    const test = await createService({ rules: byAudience })
    expect(await outcomeOf(test, await own(test, { cnf: THEIRS }, { method: 'private_key_jwt' }))).toBe(
      BINDING_REQUIRED,
    )
  })

  it('of another issuer: whoever presents it proves its key', async () => {
    const test = await createService()
    const subject = await test.acme.token({ sub: 'alice', scope: 'orders:read', cnf: MINE })
    expect(await outcomeOf(test, exchangeOf(subject))).toBe(PROOF_REQUIRED)
    expect(await outcomeOf(test, exchangeOf(subject, { possession: THEIRS }))).toBe(PROOF_REQUIRED)
    expect(await outcomeOf(test, exchangeOf(subject, { possession: MINE }))).toBe('accepted success')
  })

  it('of another issuer, for this service: nobody is a resource server that it is meant for', async () => {
    const test = await createService({ rules: byAudience })
    const subject = await test.acme.token({ sub: 'alice', scope: 'orders:read', cnf: THEIRS })
    const asked = exchangeOf(subject, { method: 'private_key_jwt', possession: MINE })
    expect(await outcomeOf(test, asked)).toBe(PROOF_REQUIRED)
  })
})

describe('a bound actor token', () => {
  it('is proven by whoever presents it, without exception', async () => {
    const test = await createService({ rules: byAudience })
    const subject = await test.acme.token({ sub: 'alice', scope: 'orders:read' })
    const actor = await test.ownToken({ sub: 'orders', client_id: 'web', iss: STS, cnf: MINE })
    const asked = (possession: Asked['possession']): Asked =>
      exchangeOf(subject, {
        method: 'private_key_jwt',
        values: { actor_token: actor, actor_token_type: TYPES.accessToken },
        ...(possession && { possession }),
      })
    expect(await outcomeOf(test, asked({}))).toBe(PROOF_REQUIRED)
    expect(await outcomeOf(test, asked(THEIRS))).toBe(PROOF_REQUIRED)
    expect(await outcomeOf(test, asked(MINE))).toBe('accepted success')
  })

  it('is refused where it is bound in a way that nobody knows', async () => {
    const test = await createService()
    const subject = await test.acme.token({ sub: 'alice', scope: 'orders:read' })
    const actor = await test.ownToken({ sub: 'orders', cnf: { kid: 'x' } })
    const values = { actor_token: actor, actor_token_type: TYPES.accessToken }
    expect(await outcomeOf(test, exchangeOf(subject, { values }))).toBe(
      'invalid_request failure ERR_TOKEN_CONFIRMATION',
    )
  })
})
