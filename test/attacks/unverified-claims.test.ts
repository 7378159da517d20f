import { findPrincipal, getPrincipal } from '@countersign/core/adapter'
import type { AuthenticateOptions } from '@countersign/core/adapter'
import { Principal, requireScopes } from '@countersign/core'
import type { IncomingRequest } from '@countersign/core'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { authenticateRequest, checkGuard } from '../../packages/core/src/http/attachment.js'
import type { Decoded } from '../../packages/core/src/steps/decode.js'
import type { Verified } from '../../packages/core/src/steps/signature.js'
import { claims, createParty, encode, reasonOf } from '../conformance/party.js'

const party = await createParty(['ES256'])
const verifier = party.verifier()

/** Judges without a promise where nothing is waited for: what it throws then is a rejection here. */
const judge = async (raw: IncomingRequest, options?: AuthenticateOptions): Promise<unknown> =>
  authenticateRequest(verifier, raw, options)

describe('claims that nobody verified', () => {
  it('#34 Envoy-43630: have a type of their own, which nothing that judges or maps takes', () => {
    expectTypeOf<Decoded>().not.toExtend<Verified>()
    expectTypeOf<{
      header: Verified['header']
      payload: Verified['payload']
      key: Verified['key']
    }>().not.toExtend<Verified>()
    expectTypeOf<Decoded>().not.toHaveProperty('payload')
  })

  it('#34 Envoy-43630: are shown nowhere on a request that was refused, however often it is asked', async () => {
    const forged = `${encode({ alg: 'ES256', kid: 'es256-1' })}.${encode(claims({ scope: 'admin' }))}.${encode('x'.repeat(64))}`
    for (const optional of [false, true]) {
      const raw = { method: 'GET', url: '/', headers: {}, rawHeaders: ['Authorization', `Bearer ${forged}`] }
      expect(await reasonOf(judge(raw, { optional }))).toBe('ERR_TOKEN_SIGNATURE')
      expect(findPrincipal(raw)).toBeUndefined()
      expect(() => getPrincipal(raw)).toThrow(expect.objectContaining({ reason: 'ERR_NOT_AUTHENTICATED' }) as Error)
      expect(() => checkGuard(raw, requireScopes('admin'), raw)).toThrow(
        expect.objectContaining({ reason: 'ERR_CREDENTIALS_MISSING' }) as Error,
      )
    }
  })

  it('#34 Envoy-43630: forget who was signed in before, where a second token on the request is refused', async () => {
    const good = await party.issuer.token()
    const raw = { method: 'GET', url: '/', headers: {}, rawHeaders: ['Authorization', `Bearer ${good}`] }
    await authenticateRequest(verifier, raw)
    expect(findPrincipal(raw)?.subject).toBe('user-1')
    raw.rawHeaders = ['Authorization', `Bearer ${good}x`]
    expect(await reasonOf(judge(raw))).toBe('ERR_TOKEN_ENCODING')
    expect(findPrincipal(raw)).toBeUndefined()
  })

  it.each<unknown>([
    claims({ scope: 'admin' }),
    { scopes: ['admin'] },
    Object.create(Principal.prototype),
    Object.setPrototypeOf({ scopes: ['admin'] }, Principal.prototype),
    new Proxy({ scopes: ['admin'] }, {}),
    [['admin']],
    'admin',
    true,
  ])(
    '#34 Envoy-43630: are no principal, whatever object they stand in: a guard fails, and lets nobody in (%#)',
    (object) => {
      expect(() => requireScopes('admin').check(object as never)).toThrow(
        expect.objectContaining({ reason: 'ERR_GUARD_FAILED', status: 500 }) as Error,
      )
    },
  )

  it('#34 Envoy-43630: are not explained: of a token that does not hold nothing is told but the reason', async () => {
    const forged = await party.issuer.token({ sub: 'a-secret-name', iss: undefined })
    const told = JSON.stringify([await verifier.explain(forged), await verifier.explain(`${forged}x`)])
    expect(told).not.toContain('a-secret-name')
  })
})
