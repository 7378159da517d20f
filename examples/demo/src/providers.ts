import './notices.js'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { CryptoKey, JWK, JWTHeaderParameters, JWTPayload } from 'jose'
import { Provider } from 'oidc-provider'
import type { Configuration as ProviderConfiguration } from 'oidc-provider'
import { allowInsecureRequests, clientCredentialsGrant, discovery, getDPoPHandle } from 'openid-client'
import type { CryptoKeyPair } from 'openid-client'

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
  /** The key that signs now. */
  readonly kid: string
  readonly client: { readonly id: string; readonly secret: string }
  readonly tokenEndpoint: string
  /** Obtains an access token for one API, as any client would: client credentials, RFC 6749 section 4.4 and RFC 8707. */
  requestToken(scope: string, resource: string): Promise<string>
  /** As {@link requestToken}, bound to a key of the client: RFC 9449 section 5. */
  requestBoundToken(scope: string, resource: string, keyPair: CryptoKeyPair): Promise<string>
  /** Signs whatever it is given with the provider's own key, as no honest provider would. */
  forgeToken(claims: JWTPayload, header?: Partial<JWTHeaderParameters>): Promise<string>
  /** Publishes a new key beside the one that signs. */
  publishKey(): Promise<void>
  /** Signs with the key published last; the others stay published, for the tokens that they signed. */
  promoteKey(): void
  /** Goes away: every connection is refused. */
  stop(): Promise<void>
  close(): Promise<void>
}

interface ProviderKey {
  readonly kid: string
  readonly privateKey: CryptoKey
  readonly jwk: JWK
}

/** Starts a provider on a free port of the loopback interface, with a key that exists nowhere else. */
export async function startProvider({ name, algorithm, scope }: ProviderOptions): Promise<OpenIdProvider> {
  let keys = [await createKey(algorithm)]
  const client = { id: 'orders-job', secret: randomBytes(16).toString('base64url') }

  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const configuration: ProviderConfiguration = {
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
      dPoP: { enabled: true },
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
  }
  const serve = () => new Provider(issuer, { ...configuration, jwks: { keys: keys.map(({ jwk }) => jwk) } }).callback()
  let handle = serve()
  server.on('request', (request, response) => void handle(request, response))

  const known = await discovery(new URL(issuer), client.id, client.secret, undefined, {
    execute: [allowInsecureRequests],
  })

  return {
    name,
    algorithm,
    scope,
    issuer,
    get kid() {
      return signing(keys).kid
    },
    client,
    tokenEndpoint: known.serverMetadata().token_endpoint ?? `${issuer}/token`,
    async requestBoundToken(requestedScope, resource, keyPair) {
      const options = { DPoP: getDPoPHandle(known, keyPair) }
      return (await clientCredentialsGrant(known, { scope: requestedScope, resource }, options)).access_token
    },
    async requestToken(requestedScope, resource) {
      const answer = await clientCredentialsGrant(known, { scope: requestedScope, resource })
      return answer.access_token
    },
    forgeToken(claims, header = {}) {
      const { kid, privateKey } = signing(keys)
      return new SignJWT(claims).setProtectedHeader({ alg: algorithm, kid, typ: 'at+jwt', ...header }).sign(privateKey)
    },
    async publishKey() {
      keys = [...keys, await createKey(algorithm)]
      handle = serve()
    },
    promoteKey() {
      keys = [...keys.slice(-1), ...keys.slice(0, -1)]
      handle = serve()
    },
    stop,
    close: stop,
  }

  async function stop(): Promise<void> {
    if (!server.listening) return
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }
}

async function createKey(algorithm: ProviderOptions['algorithm']): Promise<ProviderKey> {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true })
  const jwk = await exportJWK(privateKey)
  const kid = await calculateJwkThumbprint(jwk)
  return { kid, privateKey, jwk: { ...jwk, alg: algorithm, kid, use: 'sig' } }
}

/** The provider signs with the first of its keys. */
function signing(keys: readonly ProviderKey[]): ProviderKey {
  const [first] = keys
  if (first === undefined) throw new Error('A provider has at least one key')
  return first
}
