import { createVerifier, memoryReplayStore } from '@countersign/core'
import { decodeJwt } from 'jose'
import * as client from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { frameworks, startInstance } from './instances.js'
import { startProvider } from './provider.js'
import type { InteropProvider } from './provider.js'
import { signIn } from './sign-in.js'
import { BILLING, mounts, SECRET, startService } from './token-service.js'
import type { RunningService } from './token-service.js'

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token'
const JWT = 'urn:ietf:params:oauth:token-type:jwt'

const insecure = { execute: [client.allowInsecureRequests] }

describe.each(mounts)('openid-client and a token service on %s', (name, mount) => {
  let provider: InteropProvider
  let service: RunningService
  const create = frameworks.find(([framework]) => framework === name)?.[1]

  beforeAll(async () => {
    provider = await startProvider('ES256')
    service = await startService(mount, provider.issuer)
  })
  afterAll(async () => {
    await service.close()
    await provider.close()
  })

  const configure = (clientId: string, authentication: client.ClientAuth, form: 'oidc' | 'oauth2' = 'oidc') =>
    client.discovery(new URL(service.issuer), clientId, undefined, authentication, { ...insecure, algorithm: form })
  const orders = () => configure('orders', client.ClientSecretBasic(SECRET))
  const job = () => configure('job', client.ClientSecretPost(SECRET))

  /** Alice signs in at the provider, with a token for the token service. */
  const signAliceIn = () => signIn(provider, 'alice', { scope: 'openid orders:read', resource: service.issuer })

  const exchange = (configuration: client.Configuration, token: string, more: Record<string, string> = {}) =>
    client.genericGrantRequest(configuration, EXCHANGE, {
      subject_token: token,
      subject_token_type: JWT,
      audience: 'billing',
      ...more,
    })

  it('discovers it in both forms', async () => {
    for (const form of ['oidc', 'oauth2'] as const) {
      const metadata = (await configure('orders', client.ClientSecretBasic(SECRET), form)).serverMetadata()
      expect(metadata).toMatchObject({ issuer: service.issuer, token_endpoint: `${service.issuer}/token` })
      expect(metadata.supportsPKCE()).toBe(false)
    }
  })

  it('exchanges a user’s token for one that billing takes, and that says who acts for whom', async () => {
    const { accessToken } = await signAliceIn()
    const answer = await exchange(await orders(), accessToken, { scope: 'invoice:read' })
    expect(answer).toMatchObject({
      issued_token_type: ACCESS_TOKEN,
      token_type: 'bearer',
      scope: 'invoice:read',
    })
    expect(answer.expiresIn()).toBeGreaterThan(200)
    const billing = createVerifier({
      audience: BILLING,
      issuers: [{ issuer: service.issuer, tokenProfile: 'rfc9068' }],
      network: { allowInsecureLoopback: true },
    })
    const principal = await billing.verify(answer.access_token)
    expect(principal.actor).toEqual({ issuer: service.issuer, subject: 'orders', clientId: undefined })
    expect(principal.clientId).toBe('orders')
    expect(principal.payload['sub_id']).toEqual({ format: 'iss_sub', iss: provider.issuer, sub: 'alice' })
    expect(principal.authenticatedAtSeconds).toBe(decodeJwt(accessToken)['auth_time'])
    await billing.close()
    expect(service.audit.at(-1)).toMatchObject({ type: 'token.exchange', outcome: 'success' })
  })

  it('goes on from billing to ledger: the chain of actors grows, and never shrinks', async () => {
    const { accessToken } = await signAliceIn()
    const first = await exchange(await orders(), accessToken)
    const billing = await configure('billing', client.ClientSecretPost(SECRET))
    const second = await client.genericGrantRequest(billing, EXCHANGE, {
      subject_token: first.access_token,
      subject_token_type: ACCESS_TOKEN,
      audience: 'ledger',
    })
    expect(decodeJwt(second.access_token)).toMatchObject({
      scope: 'entries:read',
      act: { iss: service.issuer, sub: 'billing', act: { iss: service.issuer, sub: 'orders' } },
    })
  })

  it('reads refusals: a token for another API, a target that is none, a scope that cannot be given', async () => {
    const other = await provider.requestToken('orders:read')
    const { accessToken } = await signAliceIn()
    const configuration = await orders()
    await expect(exchange(configuration, other)).rejects.toMatchObject({ status: 400, error: 'invalid_request' })
    await expect(exchange(configuration, accessToken, { audience: 'nowhere' })).rejects.toMatchObject({
      error: 'invalid_target',
    })
    await expect(exchange(configuration, accessToken, { scope: 'invoice:write' })).rejects.toMatchObject({
      error: 'invalid_scope',
    })
    await expect(exchange(await job(), accessToken)).rejects.toMatchObject({ error: 'unauthorized_client' })
  })

  it('obtains a token for itself with a secret or a key, by which no other client gets one', async () => {
    const byKey = await configure('orders-by-key', client.PrivateKeyJwt(service.clientKey.privateKey))
    for (const configuration of [await job(), byKey]) {
      const answer = await client.clientCredentialsGrant(configuration, { audience: 'billing' })
      expect(decodeJwt(answer.access_token)).toMatchObject({ aud: BILLING, scope: 'invoice:read' })
    }
    const wrong = await configure('job', client.ClientSecretPost('x'.repeat(32)))
    await expect(client.clientCredentialsGrant(wrong, { audience: 'billing' })).rejects.toMatchObject({
      status: 401,
      error: 'invalid_client',
    })
    const stolen = await configure('orders', client.PrivateKeyJwt(service.clientKey.privateKey))
    await expect(client.clientCredentialsGrant(stolen, { audience: 'billing' })).rejects.toMatchObject({
      error: 'invalid_client',
    })
  })

  it('introspects a token, and after it has revoked it finds it inactive', async () => {
    const configuration = await job()
    const { access_token: token } = await client.clientCredentialsGrant(configuration, { audience: 'billing' })
    expect(await client.tokenIntrospection(configuration, token)).toEqual({
      active: true,
      token_type: 'Bearer',
      ...decodeJwt(token),
    })
    await client.tokenRevocation(configuration, token)
    expect(await client.tokenIntrospection(configuration, token)).toEqual({ active: false })
    await client.tokenRevocation(configuration, 'nothing')
  })

  it('binds a token to its DPoP key, which an API on the same framework then demands', async () => {
    const configuration = await job()
    const handle = client.getDPoPHandle(configuration, await client.randomDPoPKeyPair('ES256'))
    const answer = await client.clientCredentialsGrant(configuration, { audience: 'billing' }, { DPoP: handle })
    expect(answer.token_type).toBe('dpop')
    if (create === undefined) throw new Error(`There is no API on ${name}`)
    const billing = await startInstance(create, { issuer: service.issuer, audience: BILLING })
    const orders = new URL(`${billing.url}/orders`)
    const call = (DPoP?: client.DPoPHandle) =>
      client.fetchProtectedResource(
        configuration,
        answer.access_token,
        orders,
        'POST',
        null,
        new Headers(),
        DPoP === undefined ? {} : { DPoP },
      )
    expect((await call(handle)).status).toBe(201)
    await expect(call()).rejects.toMatchObject({ status: 401 })
    await billing.close()
  })

  it('shows the middleware of the framework who is calling, and for whom', async () => {
    if (create === undefined) throw new Error(`There is no API on ${name}`)
    const { accessToken } = await signAliceIn()
    const { access_token: token } = await exchange(await orders(), accessToken)
    const dpop = { mode: 'allowed' } as const
    const options = { issuer: service.issuer, audience: BILLING, dpop, replayStore: memoryReplayStore() }
    const billing = await startInstance(create, options)
    const response = await fetch(`${billing.url}/orders`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
    })
    expect([response.status, await response.json()]).toEqual([
      201,
      {
        issuer: service.issuer,
        subject: decodeJwt(token).sub,
        clientId: 'orders',
        scopes: ['invoice:read'],
      },
    ])
    // It is for billing: the API of the provider's own tokens does not take it.
    const other = await startInstance(create, { ...options, audience: 'https://orders.example.com' })
    const refused = await fetch(`${other.url}/orders`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
    })
    expect(refused.status).toBe(401)
    await Promise.all([billing.close(), other.close()])
  })
})

describe('an ID token of oidc-provider', () => {
  it('is exchanged by the client that it was issued to, where the service takes ID tokens of that provider', async () => {
    const provider = await startProvider('RS256')
    const [, mount] = mounts[0] ?? []
    if (mount === undefined) throw new Error('There is no framework')
    const service = await startService(mount, provider.issuer, {
      provider: { tokenProfile: 'id-token', clientIds: ['app', 'orders'] },
      tokenTypes: ['id_token'],
    })
    const { idToken } = await signIn(provider, 'alice', { scope: 'openid' })
    const exchangeAs = async (clientId: string) => {
      const authentication = client.ClientSecretBasic(SECRET)
      const server = new URL(service.issuer)
      const configuration = await client.discovery(server, clientId, undefined, authentication, insecure)
      return client.genericGrantRequest(configuration, EXCHANGE, {
        subject_token: idToken,
        subject_token_type: ID_TOKEN,
        audience: 'billing',
      })
    }
    expect(decodeJwt((await exchangeAs('app')).access_token)).toMatchObject({
      scope: 'invoice:read',
      sub_id: { iss: provider.issuer, sub: 'alice' },
      act: { sub: 'app' },
    })
    // It says that Alice signed in at `app`: orders is somebody else, and must not be able to make anything of it.
    await expect(exchangeAs('orders')).rejects.toMatchObject({ status: 400, error: 'invalid_request' })
    expect(service.audit.at(-1)).toMatchObject({ outcome: 'failure', reason: 'ERR_TOKEN_AUDIENCE' })
    await service.close()
    await provider.close()
  })
})
