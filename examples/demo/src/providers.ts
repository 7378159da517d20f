import './notices.js'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { JWTHeaderParameters, JWTPayload } from 'jose'
import { Provider } from 'oidc-provider'
import { allowInsecureRequests, clientCredentialsGrant, discovery } from 'openid-client'

/** How long the providers' tokens live. */
export const TOKEN_LIFETIME_SECONDS = 600

/** What one provider is like. */
export interface ProviderOptions {
  readonly name: string
  readonly algorithm: 'ES256' | 'RS256'
  /** Every scope that its client may be granted, with a space between two. */
  readonly scope: string
}

/** A running OpenID Provider with one client, and what that client knows. */
export interface OpenIdProvider extends ProviderOptions {
  readonly issuer: string
  readonly kid: string
  readonly client: { readonly id: string; readonly secret: string }
  readonly tokenEndpoint: string
  /** Obtains an access token for one API, as any client would: client credentials, RFC 6749 section 4.4 and RFC 8707. */
  requestToken(scope: string, resource: string): Promise<string>
  /** Signs whatever it is given with the provider's own key, as no honest provider would. */
  forgeToken(claims: JWTPayload, header?: Partial<JWTHeaderParameters>): Promise<string>
  close(): Promise<void>
}

/** Starts a provider on a free port of the loopback interface, with a key that exists nowhere else. */
export async function startProvider({ name, algorithm, scope }: ProviderOptions): Promise<OpenIdProvider> {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true })
  const jwk = await exportJWK(privateKey)
  const kid = await calculateJwkThumbprint(jwk)
  const client = { id: 'orders-job', secret: randomBytes(16).toString('base64url') }

  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const provider = new Provider(issuer, {
    jwks: { keys: [{ ...jwk, alg: algorithm, kid, use: 'sig' }] },
    clients: [
      {
        client_id: client.id,
        client_secret: client.secret,
        grant_types: ['client_credentials'],
        response_types: [],
        redirect_uris: [],
        id_token_signed_response_alg: algorithm,
      },
    ],
    cookies: { keys: [randomBytes(16).toString('hex')] },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        // A token for one named API alone, and a JWT in the form of RFC 9068.
        getResourceServerInfo: (_ctx, resource) => ({
          scope,
          audience: resource,
          accessTokenFormat: 'jwt',
          accessTokenTTL: TOKEN_LIFETIME_SECONDS,
          jwt: { sign: { alg: algorithm } },
        }),
      },
    },
  })
  const handle = provider.callback()
  server.on('request', (request, response) => void handle(request, response))

  const configuration = await discovery(new URL(issuer), client.id, client.secret, undefined, {
    execute: [allowInsecureRequests],
  })

  return {
    name,
    algorithm,
    scope,
    issuer,
    kid,
    client,
    tokenEndpoint: configuration.serverMetadata().token_endpoint ?? `${issuer}/token`,
    async requestToken(requestedScope, resource) {
      const answer = await clientCredentialsGrant(configuration, { scope: requestedScope, resource })
      return answer.access_token
    },
    forgeToken(claims, header = {}) {
      return new SignJWT(claims).setProtectedHeader({ alg: algorithm, kid, typ: 'at+jwt', ...header }).sign(privateKey)
    },
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
