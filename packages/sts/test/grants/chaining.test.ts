import { createVerifier } from '@countersign/core'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  ACME,
  createService,
  exchangeOf,
  NOW_SECONDS,
  outcomeOf,
  payloadOf,
  orders,
  ordersToBilling,
  STS,
  TARGETS,
  TYPES,
} from '../service.js'
import type { Asked, TestService } from '../service.js'

const PARTNER = 'https://sts.partner.example'
const KEY = { jkt: 'thumbprint-of-the-key-of-orders' }

/** Two services: `home` knows the users, `partner` has the API that they want to reach. */
let home: TestService
let partner: TestService
beforeAll(async () => {
  home = await createService({
    targets: {
      ...TARGETS,
      partner: { kind: 'authorization-server', audience: PARTNER, scopes: ['stock:read'], claims: ['department'] },
    },
    rules: [{ ...ordersToBilling, targets: ['partner'], scopes: { 'orders:read': ['stock:read'] } }],
  })
  const { keys } = await home.service.signingKeys.jwks()
  const issuers = [{ issuer: STS, keys: { jwks: { keys } } }]
  partner = await createService({
    issuer: PARTNER,
    verifier: createVerifier({ audience: PARTNER, issuers, runtime: home.service.runtime }),
    trust: [{ use: 'subject', issuer: STS }],
    targets: { stock: { audience: 'https://stock.partner.example', scopes: ['stock:read'], claims: ['department'] } },
    clients: [{ ...orders, clientId: 'acme-orders', audiences: [], grants: ['jwt-bearer', 'token-exchange'] }],
    rules: [
      {
        id: 'from-home',
        effect: 'allow',
        clients: ['acme-orders'],
        targets: ['stock'],
        subjectIssuers: [STS],
        grants: ['jwt-bearer'],
        scopes: 'same',
      },
    ],
  })
})

async function grantFromHome(changes: Asked = {}): Promise<Awaited<ReturnType<TestService['request']>>> {
  const subject = await home.acme.token({ sub: 'alice', scope: 'orders:read', department: 'sales', txn: 'chain-1' })
  return home.request(exchangeOf(subject, { audience: PARTNER, ...changes }))
}

const redeem = (assertion: string, changes: Asked = {}): Asked => ({
  client: 'acme-orders',
  grant: 'jwt-bearer',
  values: { assertion },
  ...changes,
})

describe('identity chaining, draft-ietf-oauth-identity-chaining-17', () => {
  it.each([undefined, TYPES.jwt])(
    'section 2.3: an exchange gives a grant for the other service alone (requested type: %s)',
    async (requested) => {
      const response = await grantFromHome({ values: { requested_token_type: requested } })
      expect(response).toEqual({
        access_token: expect.any(String) as string,
        issued_token_type: TYPES.jwt,
        token_type: 'N_A',
        expires_in: 60,
        scope: 'stock:read',
      })
      expect(payloadOf(response.access_token)).toEqual({
        iss: STS,
        sub: expect.any(String) as string,
        aud: PARTNER,
        iat: NOW_SECONDS,
        exp: NOW_SECONDS + 60,
        jti: expect.any(String) as string,
        client_id: 'orders',
        scope: 'stock:read',
        act: { iss: STS, sub: 'orders' },
        sub_id: { format: 'iss_sub', iss: ACME, sub: 'alice' },
        txn: 'chain-1',
        department: 'sales',
      })
      expect(home.audit.entries.at(-1)).toMatchObject({
        type: 'token.exchange',
        outcome: 'success',
        txn: 'chain-1',
        exchange: { profile: 'chaining', mode: 'delegation', depth: 1, issuedTokenType: TYPES.jwt },
      })
    },
  )

  it('section 2.4: which the other service redeems once for a token that tells the whole chain', async () => {
    const { access_token: assertion } = await grantFromHome()
    const response = await partner.request(redeem(assertion))
    const { sub } = payloadOf(assertion)
    expect(payloadOf(response.access_token)).toMatchObject({
      iss: PARTNER,
      aud: 'https://stock.partner.example',
      client_id: 'acme-orders',
      scope: 'stock:read',
      act: { iss: PARTNER, sub: 'acme-orders', act: { iss: STS, sub: 'orders' } },
      // Whom the other service means by it is its own word: only the subject that it vouches for counts.
      sub_id: { format: 'iss_sub', iss: STS, sub },
      txn: 'chain-1',
      exp: NOW_SECONDS + 60,
    })
    expect(await outcomeOf(partner, redeem(assertion))).toBe('invalid_grant failure ERR_STS_ASSERTION_REPLAYED')
  })

  it('section 2.5: a grant that is bound to a key is redeemed with that key alone, and gives a bound token', async () => {
    const { access_token: assertion } = await grantFromHome({ possession: KEY })
    expect(payloadOf(assertion)['cnf']).toEqual(KEY)
    const refused = 'invalid_grant failure ERR_STS_PROOF_REQUIRED'
    expect(await outcomeOf(partner, redeem(assertion))).toBe(refused)
    expect(await outcomeOf(partner, redeem(assertion, { possession: { jkt: 'another' } }))).toBe(refused)
    const response = await partner.request(redeem(assertion, { possession: KEY }))
    expect(response.token_type).toBe('DPoP')
    expect(payloadOf(response.access_token)['cnf']).toEqual(KEY)
  })

  it('is no access token: no API of this domain takes it, and no exchange', async () => {
    const { access_token: assertion } = await grantFromHome()
    for (const type of Object.values(TYPES)) {
      const asked = exchangeOf(assertion, { audience: 'partner', values: { subject_token_type: type } })
      expect(await outcomeOf(home, asked)).toBe('invalid_request failure ERR_TOKEN_TYPE')
    }
    expect(await outcomeOf(home, { grant: 'jwt-bearer', values: { assertion } })).toBe(
      'invalid_grant failure ERR_ISSUER_UNTRUSTED',
    )
  })

  it('is no access token of the other service either', async () => {
    const { access_token: assertion } = await grantFromHome()
    const asked = exchangeOf(assertion, { client: 'acme-orders', audience: 'stock' })
    expect(await outcomeOf(partner, asked)).toBe('invalid_target denied ERR_STS_TARGET_FORBIDDEN')
  })

  it('cannot be had as an access token', async () => {
    const subject = await home.acme.token({ sub: 'alice', scope: 'orders:read' })
    const asked = exchangeOf(subject, { audience: PARTNER, values: { requested_token_type: TYPES.accessToken } })
    expect(await outcomeOf(home, asked)).toBe('invalid_request failure ERR_STS_REQUESTED_TYPE')
  })
})
