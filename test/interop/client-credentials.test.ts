import { createVerifier, toAuthRequest } from '@countersign/core'
import type { Verifier } from '@countersign/core'
import * as client from 'openid-client'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { api, opaqueApi, startProvider } from './provider.js'
import type { InteropProvider } from './provider.js'

describe('access tokens that openid-client obtains from oidc-provider by client credentials', () => {
  let acme: InteropProvider
  let partner: InteropProvider
  let realm: InteropProvider
  let stranger: InteropProvider
  let verifier: Verifier

  beforeAll(async () => {
    ;[acme, partner, realm, stranger] = await Promise.all([
      startProvider('ES256'),
      startProvider('RS256'),
      startProvider('EdDSA', '/realms/blue'),
      startProvider('ES256'),
    ])
  })
  beforeEach(() => {
    verifier = createVerifier({
      audience: api,
      issuers: [acme.issuer, partner.issuer, realm.issuer],
      network: { allowInsecureLoopback: true },
    })
    return () => verifier.close()
  })
  afterAll(() => Promise.all([acme, partner, realm, stranger].map((provider) => provider.close())))

  it('verify by discovery alone, whatever the algorithm and wherever the issuer stands', async () => {
    for (const provider of [acme, partner, realm]) {
      const principal = await verifier.verify(await provider.requestToken('orders:read orders:write'))
      expect(principal).toMatchObject({
        issuer: provider.issuer,
        subject: 'job',
        clientId: 'job',
        audience: [api],
        scopes: ['orders:read', 'orders:write'],
        scheme: 'Bearer',
        header: { alg: provider.key.algorithm, kid: provider.key.kid, typ: 'at+jwt' },
        authenticatedAtSeconds: undefined,
        actor: undefined,
        tenant: undefined,
      })
      expect(principal.expiresAtSeconds - Date.now() / 1000).toBeGreaterThan(500)
    }
    expect(await verifier.ready()).toEqual({
      ok: true,
      issuers: [acme, partner, realm].map(({ issuer }) => ({ issuer, ok: true, reason: undefined })),
    })
  })

  it('hold against the strict profile of RFC 9068', async () => {
    const strict = createVerifier({
      audience: api,
      issuers: [acme, partner].map(({ issuer }) => ({ issuer, tokenProfile: 'rfc9068' as const })),
      network: { allowInsecureLoopback: true },
    })
    for (const provider of [acme, partner]) {
      const principal = await strict.verify(await provider.requestToken('orders:read'))
      expect(principal.scopes).toEqual(['orders:read'])
    }
    await strict.close()
  })

  it('keep two clients of one name apart by their issuers', async () => {
    const [first, second] = await Promise.all([
      verifier.verify(await acme.requestToken('orders:read')),
      verifier.verify(await partner.requestToken('orders:read')),
    ])
    expect(first.subject).toBe(second.subject)
    expect(first.issuer).not.toBe(second.issuer)
  })

  it('cost one discovery and one key set an issuer, however many come at once', async () => {
    const before = acme.requests.length
    const tokens = await Promise.all(Array.from({ length: 8 }, () => acme.requestToken('orders:read')))
    await Promise.all(tokens.map((token) => verifier.verify(token)))
    await verifier.verify(await acme.requestToken('orders:write'))
    expect(acme.requests.slice(before).filter((target) => target !== '/token')).toEqual([
      '/.well-known/openid-configuration',
      '/jwks',
    ])
  })

  it('are refused where their issuer is not listed, and nothing is asked of it', async () => {
    const token = await stranger.requestToken('orders:read')
    const before = stranger.requests.length
    await expect(verifier.verify(token)).rejects.toMatchObject({ reason: 'ERR_ISSUER_UNTRUSTED', status: 401 })
    expect(stranger.requests).toHaveLength(before)
  })

  it('are refused where they are meant for another API', async () => {
    const token = await acme.requestToken('orders:read', { resource: 'https://billing.example.com' })
    await expect(verifier.verify(token)).rejects.toMatchObject({ reason: 'ERR_TOKEN_AUDIENCE', status: 401 })
  })

  it('are refused as malformed where the provider made them opaque', async () => {
    const token = await acme.requestToken('orders:read', { resource: opaqueApi })
    expect(token).not.toContain('.')
    await expect(verifier.verify(token)).rejects.toMatchObject({ reason: 'ERR_TOKEN_MALFORMED', status: 401 })
  })

  it('are refused as Bearer tokens where the provider bound them to a DPoP key', async () => {
    const dpop = client.getDPoPHandle(acme.job, await client.randomDPoPKeyPair('ES256'))
    const token = await acme.requestToken('orders:read', { dpop })
    const refusal = { reason: 'ERR_PROOF_REQUIRED', status: 401 }
    await expect(verifier.verify(token)).rejects.toMatchObject(refusal)
    const request = toAuthRequest('GET', `${api}/orders`, { authorization: `Bearer ${token}` })
    await expect(verifier.authenticate(request)).rejects.toMatchObject(refusal)
  })

  it('of one provider never pass as those of another, whichever key they name', async () => {
    const claims = { sub: 'job', client_id: 'job', aud: api, exp: Math.floor(Date.now() / 1000) + 600 }
    await verifier.ready()

    const sameName = await acme.forgeToken({ ...claims, iss: partner.issuer }, { kid: partner.key.kid })
    await expect(verifier.verify(sameName)).rejects.toMatchObject({ reason: 'ERR_KEY_MISMATCH', status: 401 })

    const sameAlgorithm = await stranger.forgeToken({ ...claims, iss: acme.issuer }, { kid: acme.key.kid })
    await expect(verifier.verify(sameAlgorithm)).rejects.toMatchObject({ reason: 'ERR_TOKEN_SIGNATURE', status: 401 })

    const noName = await stranger.forgeToken({ ...claims, iss: acme.issuer }, { kid: undefined as never })
    await expect(verifier.verify(noName)).rejects.toMatchObject({ reason: 'ERR_TOKEN_SIGNATURE', status: 401 })
  })
})
