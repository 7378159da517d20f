import { createVerifier } from '@countersign/core'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { api, startProvider } from './provider.js'
import type { InteropProvider } from './provider.js'
import { signIn } from './sign-in.js'

describe('a user who signs in at oidc-provider by authorization code and PKCE', () => {
  const network = { allowInsecureLoopback: true }
  let provider: InteropProvider

  beforeAll(async () => {
    provider = await startProvider('ES256', '/realms/acme')
  })
  afterAll(() => provider.close())

  it('becomes the subject, with the moment of signing in', async () => {
    const startedSeconds = Math.floor(Date.now() / 1000)
    const { accessToken } = await signIn(provider, 'alice', { scope: 'openid orders:read', resource: api })
    const verifier = createVerifier({ audience: api, issuers: [provider.issuer], network })

    const principal = await verifier.verify(accessToken)
    expect(principal.toJSON()).toEqual({
      issuer: provider.issuer,
      subject: 'alice',
      clientId: 'app',
      scopes: ['orders:read'],
    })
    expect(principal.authenticatedAtSeconds).toBe(decodeJwt(accessToken)['auth_time'])
    expect(principal.authenticatedAtSeconds).toBeGreaterThanOrEqual(startedSeconds)
    expect(principal.authenticatedAtSeconds).toBeLessThanOrEqual(Date.now() / 1000)
    await verifier.close()
  })

  it('cannot call the API with an ID token, not even where the API takes the name of the app', async () => {
    const { idToken } = await signIn(provider, 'alice', { scope: 'openid' })
    const verifier = createVerifier({ audience: [api, 'app'], issuers: [provider.issuer], network })
    // What gives it away is the nonce that the app sent.
    await expect(verifier.verify(idToken)).rejects.toMatchObject({ reason: 'ERR_TOKEN_TYPE', status: 401 })
    await verifier.close()
  })

  it('is known by the ID token where the issuer is configured for ID tokens, and by no access token then', async () => {
    const { accessToken, idToken } = await signIn(provider, 'alice', { scope: 'openid orders:read', resource: api })
    const verifier = createVerifier({
      audience: api,
      issuers: [{ issuer: provider.issuer, tokenProfile: 'id-token', clientIds: ['app'] }],
      network,
    })
    const principal = await verifier.verify(idToken)
    expect(principal).toMatchObject({ issuer: provider.issuer, subject: 'alice', audience: ['app'] })
    await expect(verifier.verify(accessToken)).rejects.toMatchObject({ reason: 'ERR_TOKEN_TYPE', status: 401 })
    await verifier.close()
  })

  it('gets nowhere with the opaque token that the provider issues for no API in particular', async () => {
    const { accessToken } = await signIn(provider, 'alice', { scope: 'openid' })
    const verifier = createVerifier({ audience: api, issuers: [provider.issuer], network })
    await expect(verifier.verify(accessToken)).rejects.toMatchObject({ reason: 'ERR_TOKEN_MALFORMED', status: 401 })
    await verifier.close()
  })
})
