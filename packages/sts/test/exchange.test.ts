import { createVerifier } from '@countersign/core'
import { describe, expect, it } from 'vitest'
import { ACME, createService, NOW_SECONDS, payloadOf, STS, TYPES } from './service.js'

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
