import './notices.js'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { CryptoKey, JWK, JWTHeaderParameters, JWTPayload } from 'jose'
import { Provider } from 'oidc-provider'
import type { Configuration as ProviderConfiguration } from 'oidc-provider'
import * as client from 'openid-client'

export const api = 'https://api.example.com'
/** The provider answers to this resource with tokens that only it can read. */
export const opaqueApi = 'https://opaque.example.com'
export const redirectUri = 'https://app.example.com/callback'

export type ProviderAlgorithm = 'ES256' | 'RS256' | 'PS256' | 'EdDSA'

/** A signing key of a provider. */
export interface ProviderKey {
  readonly algorithm: ProviderAlgorithm
  readonly kid: string
  readonly privateKey: CryptoKey
  readonly jwk: JWK
}

/** A real provider on the loopback interface, its clients, and its keys for tokens it would never issue. */
export interface InteropProvider {
  readonly issuer: string
  /** The key that signs. */
  readonly key: ProviderKey
  /** Targets of all requests that reached the provider, the oldest first. */
  readonly requests: readonly string[]
  /** openid-client's view, as the confidential client `job` or the public client `app`. */
  readonly job: client.Configuration
  readonly app: client.Configuration
  /** Obtains an access token by client credentials, bound to a DPoP key where one is given. */
  requestToken(scope: string, options?: { resource?: string; dpop?: client.DPoPHandle }): Promise<string>
  /** Signs whatever it is given with the key that signs now. */
  forgeToken(claims: JWTPayload, header?: Partial<JWTHeaderParameters>): Promise<string>
  /** Puts a provider with other keys behind the same server; the first key signs. */
  replaceKeys(...keys: [ProviderKey, ...ProviderKey[]]): void
  close(): Promise<void>
}

/** Generates a signing key whose `kid` is its thumbprint. */
export async function createProviderKey(algorithm: ProviderAlgorithm): Promise<ProviderKey> {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true })
  const jwk = await exportJWK(privateKey)
  const kid = await calculateJwkThumbprint(jwk)
  return { algorithm, kid, privateKey, jwk: { ...jwk, alg: algorithm, kid, use: 'sig' } }
}

/** Starts a provider; `path` puts its issuer below one, such as `/realms/acme`. */
export async function startProvider(algorithm: ProviderAlgorithm, path = ''): Promise<InteropProvider> {
  let key = await createProviderKey(algorithm)
  const requests: string[] = []
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`

  const toCallback = (keys: readonly ProviderKey[]) => new Provider(issuer, toConfiguration(keys)).callback()
  let handle = toCallback([key])
  server.on('request', (request, response) => {
    const target = request.url ?? '/'
    requests.push(target)
    if (!target.startsWith(`${path}/`)) return void response.writeHead(404).end()
    // As a mount of Express does it: the provider builds its URLs from originalUrl.
    Object.assign(request, { originalUrl: target, url: target.slice(path.length) })
    void handle(request, response)
  })

  const options = { execute: [client.allowInsecureRequests] }
  const [job, app] = await Promise.all([
    client.discovery(new URL(issuer), 'job', 'job-secret', undefined, options),
    client.discovery(new URL(issuer), 'app', undefined, client.None(), options),
  ])

  return {
    issuer,
    get key() {
      return key
    },
    requests,
    job,
    app,
    async requestToken(scope, { resource = api, dpop } = {}) {
      const answer = await client.clientCredentialsGrant(job, { scope, resource }, dpop ? { DPoP: dpop } : {})
      return answer.access_token
    },
    forgeToken(claims, header = {}) {
      return new SignJWT(claims)
        .setProtectedHeader({ alg: key.algorithm, kid: key.kid, typ: 'at+jwt', ...header })
        .sign(key.privateKey)
    },
    replaceKeys(first, ...others) {
      key = first
      handle = toCallback([first, ...others])
    },
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

function toConfiguration(keys: readonly ProviderKey[]): ProviderConfiguration {
  const alg = keys[0]?.algorithm ?? 'ES256'
  return {
    jwks: { keys: keys.map(({ jwk }) => jwk) },
    clients: [
      {
        client_id: 'job',
        client_secret: 'job-secret',
        grant_types: ['client_credentials'],
        response_types: [],
        redirect_uris: [],
        id_token_signed_response_alg: alg,
      },
      {
        client_id: 'app',
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code'],
        response_types: ['code'],
        redirect_uris: [redirectUri],
        id_token_signed_response_alg: alg,
      },
    ],
    cookies: { keys: ['a key of the test'] },
    findAccount: (_ctx, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
    // RFC 9068 section 2.2.1 wants auth_time of a user's token; the provider leaves it to its operator.
    extraTokenClaims: (ctx) => {
      const authTime = ctx.oidc.entities.AuthorizationCode?.authTime
      return authTime === undefined ? undefined : { auth_time: authTime }
    },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: true },
      dPoP: { enabled: true },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => true,
        getResourceServerInfo: (_ctx, resource) => ({
          scope: 'orders:read orders:write',
          audience: resource,
          accessTokenTTL: 600,
          ...(resource === opaqueApi
            ? { accessTokenFormat: 'opaque' as const }
            : { accessTokenFormat: 'jwt' as const, jwt: { sign: { alg } } }),
        }),
      },
    },
  }
}
