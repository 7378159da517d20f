import { decodeJwt } from 'jose'
import * as oauth from 'oauth4webapi'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startProvider } from './provider.js'
import type { InteropProvider } from './provider.js'
import { BILLING, mounts, SECRET, startService } from './token-service.js'
import type { RunningService } from './token-service.js'

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const JWT = 'urn:ietf:params:oauth:token-type:jwt'
const loopback = { [oauth.allowInsecureRequests]: true }

const express = mounts.find(([name]) => name === 'Express')?.[1]

describe('oauth4webapi and a token service', () => {
  let provider: InteropProvider
  let service: RunningService
  let server: oauth.AuthorizationServer

  const discover = async (algorithm: 'oidc' | 'oauth2'): Promise<oauth.AuthorizationServer> => {
    const issuer = new URL(service.issuer)
    return oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm, ...loopback }))
  }

  beforeAll(async () => {
    if (express === undefined) throw new Error('There is no Express')
    provider = await startProvider('ES256')
    service = await startService(express, provider.issuer, {
      dpop: { nonce: { secrets: ['the secret of every instance, long enough'] } },
    })
    server = await discover('oauth2')
  })
  afterAll(async () => {
    await service.close()
    await provider.close()
  })

  const job: oauth.Client = { client_id: 'job' }
  const byPost = oauth.ClientSecretPost(SECRET)
  const obtain = async (
    client: oauth.Client,
    authentication: oauth.ClientAuth,
    DPoP?: oauth.DPoPHandle,
  ): Promise<oauth.TokenEndpointResponse> => {
    const parameters = { audience: 'billing', scope: 'invoice:read' }
    const options = DPoP === undefined ? loopback : { ...loopback, DPoP }
    const response = await oauth.clientCredentialsGrantRequest(server, client, authentication, parameters, options)
    return oauth.processClientCredentialsResponse(server, client, response)
  }

  it('RFC 8414 section 3: discovers the same service in both forms', async () => {
    const openid = await discover('oidc')
    expect(openid).toMatchObject(server as object)
  })

  it('authenticates by an assertion for the issuer alone, with and without a type', async () => {
    const client = { client_id: 'orders-by-key' }
    const plain = oauth.PrivateKeyJwt({ key: service.clientKey.privateKey, kid: 'orders-1' })
    expect((await obtain(client, plain)).access_token).toBeTruthy()
    const typed = oauth.PrivateKeyJwt(
      { key: service.clientKey.privateKey, kid: 'orders-1' },
      { [oauth.modifyAssertion]: (header) => void (header['typ'] = 'client-authentication+jwt') },
    )
    expect((await obtain(client, typed)).access_token).toBeTruthy()
    const wide = oauth.PrivateKeyJwt(
      { key: service.clientKey.privateKey, kid: 'orders-1' },
      { [oauth.modifyAssertion]: (_, payload) => void (payload['aud'] = [service.issuer, `${service.issuer}/token`]) },
    )
    await expect(obtain(client, wide)).rejects.toMatchObject({ error: 'invalid_client', status: 401 })
  })

  it('exchanges a token', async () => {
    const client = { client_id: 'orders' }
    const token = await provider.requestToken('orders:read', { resource: service.issuer })
    const parameters = { subject_token: token, subject_token_type: JWT, resource: BILLING }
    const authentication = oauth.ClientSecretBasic(SECRET)
    const response = await oauth.genericTokenEndpointRequest(
      server,
      client,
      authentication,
      EXCHANGE,
      parameters,
      loopback,
    )
    const answer = await oauth.processGenericTokenEndpointResponse(server, client, response)
    expect(decodeJwt(answer.access_token)).toMatchObject({ aud: BILLING, act: { sub: 'orders' } })
  })

  it('RFC 9449 section 8: learns the nonce that its proofs must hold', async () => {
    const DPoP = oauth.DPoP(job, await oauth.generateKeyPair('ES256'))
    const first = await obtain(job, byPost, DPoP).catch((error: unknown) => error)
    expect(oauth.isDPoPNonceError(first)).toBe(true)
    const answer = await obtain(job, byPost, DPoP)
    expect(answer.token_type).toBe('dpop')
    expect(decodeJwt(answer.access_token)['cnf']).toEqual({ jkt: await DPoP.calculateThumbprint() })
  })

  it('introspects and revokes', async () => {
    const { access_token: token } = await obtain(job, byPost)
    const introspect = async (): Promise<oauth.IntrospectionResponse> => {
      const response = await oauth.introspectionRequest(server, job, byPost, token, loopback)
      return oauth.processIntrospectionResponse(server, job, response)
    }
    expect(await introspect()).toMatchObject({ active: true, client_id: 'job', aud: BILLING })
    const response = await oauth.revocationRequest(server, job, byPost, token, loopback)
    expect(await oauth.processRevocationResponse(response)).toBeUndefined()
    expect(await introspect()).toEqual({ active: false })
  })
})
