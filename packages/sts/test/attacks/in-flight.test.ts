import { memoryRevocationStore } from '@countersign/core'
import type { MemoryRevocationStore, RevocationQuery } from '@countersign/core'
import { describe, expect, it } from 'vitest'
import {
  ACME,
  CLIENTS,
  createParties,
  createService,
  exchangeOf,
  GLOBEX,
  NOW_SECONDS,
  ordersToBilling,
  outcomeOf,
  payloadOf,
  RULES,
  TYPES,
} from '../service.js'
import type { Asked, Parties, ServiceChanges, TestService } from '../service.js'

const SAML2 = 'urn:ietf:params:oauth:token-type:saml2'

/** What is asked of a service with a token that it has just issued: whether that stands. */
const again = (token: string): Asked =>
  exchangeOf(token, { client: 'billing', audience: 'ledger', values: { subject_token_type: TYPES.accessToken } })

/** A service whose clocks agree to the millisecond, so that nothing here is owed to a tolerance. */
async function createExact(parties: Parties, changes: ServiceChanges = {}): Promise<TestService> {
  const issuers = [{ issuer: ACME, keys: { jwks: parties.acme.jwks } }]
  return createService({ parties, clockToleranceSeconds: 0, experimental: { idJagDraft03: { issuers } }, ...changes })
}

/** A store in which alice is put out while its answer about her is on the way. */
function createOvertaken(parties: Parties, delayMs: number): { readonly store: MemoryRevocationStore; done: boolean } {
  const { clock } = parties
  const store = memoryRevocationStore({ now: () => clock.now() })
  const overtaken = {
    done: false,
    store: {
      ...store,
      isRevoked(query: RevocationQuery) {
        const answer = store.isRevoked(query)
        if (overtaken.done) return answer
        overtaken.done = true
        clock.advance(delayMs)
        store.revokeSubject({ issuer: ACME, subject: 'alice' })
        clock.advance(delayMs)
        return answer
      },
    },
  }
  return overtaken
}

describe('a subject that is put out while a request about it is answered', () => {
  it.each<[string, (parties: Parties) => Promise<Asked>]>([
    ['exchange', async ({ acme }) => exchangeOf(await acme.token({ sub: 'alice', scope: 'orders:read' }))],
    [
      'JWT bearer',
      async ({ acme }) => ({
        grant: 'jwt-bearer',
        audience: 'billing',
        values: { assertion: await acme.token({ sub: 'alice', scope: 'orders:read' }, { typ: 'JWT' }) },
      }),
    ],
    [
      'identity assertion grant',
      async ({ acme }) => {
        const claims = { sub: 'alice', client_id: 'orders', scope: 'orders:read' }
        const assertion = await acme.token(claims, { typ: 'oauth-id-jag+jwt' })
        return { grant: 'jwt-bearer', audience: 'billing', values: { assertion } }
      },
    ],
  ])('takes the token along that comes of it: %s', async (_, toAsked) => {
    // In the same second, and in a later one.
    for (const delayMs of [1, 300, 2_000]) {
      const parties = await createParties()
      const asked = await toAsked(parties)
      parties.clock.advance(100)
      const overtaken = createOvertaken(parties, delayMs)
      const test = await createExact(parties, { revocations: overtaken.store })
      const { access_token } = await test.request(asked)
      expect(overtaken.done).toBe(true)
      expect(await outcomeOf(test, again(access_token))).toBe('invalid_request failure ERR_TOKEN_REVOKED')
    }
  })

  it('takes the token along, however long its actor is verified', async () => {
    const parties = await createParties()
    const { acme, globex, clock } = parties
    const slow = {
      tokenTypes: [SAML2],
      async verify() {
        clock.advance(2_000)
        test.revocations.revokeSubject({ issuer: ACME, subject: 'alice' })
        clock.advance(2_000)
        return test.service.verifier?.verify(await globex.token({ sub: 'agent' })) as never
      },
    }
    const clients = CLIENTS.map((client) => ({ ...client, subjectTokenTypes: ['access_token', 'jwt', 'saml2'] }))
    const actors = [{ issuer: GLOBEX, subject: 'agent' }]
    const rules = RULES.map((rule) => (rule === ordersToBilling ? { ...ordersToBilling, actors } : rule))
    const test: TestService = await createExact(parties, { clients, rules, subjectTokenVerifiers: [slow] })
    const subject = await acme.token({ sub: 'alice', scope: 'orders:read' })
    const actor = { actor_token: '<Assertion/>', actor_token_type: SAML2 }
    const { access_token, expires_in } = await test.request(exchangeOf(subject, { values: actor }))
    expect(payloadOf(access_token)).toMatchObject({ iat: NOW_SECONDS, exp: NOW_SECONDS + 300 })
    expect(expires_in).toBe(296)
    expect(await outcomeOf(test, again(access_token))).toBe('invalid_request failure ERR_TOKEN_REVOKED')
  })

  it('is given nothing that would be over before it is answered', async () => {
    const parties = await createParties()
    const overtaken = createOvertaken(parties, 200_000)
    const test = await createExact(parties, { revocations: overtaken.store })
    const asked = exchangeOf(
      await parties.acme.token({ sub: 'alice', scope: 'orders:read' }, { expiresInSeconds: 3_600 }),
    )
    expect(await outcomeOf(test, asked)).toBe('invalid_request failure ERR_STS_LIFETIME')
  })
})
