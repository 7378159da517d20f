import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createVerifier, memoryReplayStore, memoryRevocationStore } from '@countersign/core'
import type { AuditEntry, HttpHandler } from '@countersign/core'
import * as forExpress from '@countersign/express'
import * as forFastify from '@countersign/fastify'
import * as forKoa from '@countersign/koa'
import { createSigningKeys, createTokenService, localKeyWrapper, memoryKeys } from '@countersign/sts'
import type { TokenServiceOptions } from '@countersign/sts'
import express from 'express'
import fastify from 'fastify'
import type { CryptoKey, JWK } from 'jose'
import { exportJWK, generateKeyPair } from 'jose'
import Koa from 'koa'

type Listener = (req: IncomingMessage, res: ServerResponse) => unknown

/** Puts an endpoint into an application of each framework, at the root. */
export const mounts: readonly (readonly [name: string, mount: (endpoint: HttpHandler) => Promise<Listener>])[] = [
  [
    'Express',
    async (endpoint) => {
      const app = express()
      app.use(forExpress.mount(endpoint))
      return app
    },
  ],
  [
    'Fastify',
    async (endpoint) => {
      const app = fastify()
      await app.register(forFastify.mount(endpoint))
      await app.ready()
      return (req, res) => app.routing(req, res)
    },
  ],
  [
    'Koa',
    async (endpoint) => {
      const app = new Koa()
      app.use(forKoa.mount(endpoint))
      return app.callback()
    },
  ],
]

export const BILLING = 'https://billing.example.com'
export const LEDGER = 'https://ledger.example.com'
export const SECRET = 'a-secret-that-is-long-enough-for-the-service'

/** A client with a key of its own. */
export interface ClientKey {
  readonly privateKey: CryptoKey
  readonly publicJwk: JWK
}

/** A token service on a port of its own, that trusts the users of one provider. */
export interface RunningService {
  readonly issuer: string
  readonly audit: readonly AuditEntry[]
  /** Of the client `orders-by-key`. */
  readonly clientKey: ClientKey
  close(): Promise<void>
}

/** What a test changes of the service. */
export type ServiceChanges = Partial<Pick<TokenServiceOptions, 'dpop' | 'replayStore'>> & {
  /** What the verifier knows of the provider beside its name. */
  readonly provider?: Readonly<Record<string, unknown>>
  readonly tokenTypes?: readonly ('jwt' | 'id_token' | 'access_token')[]
}

/** Starts a token service: `orders` may call `billing` for users of the provider, `billing` goes on to `ledger`, `job` speaks for itself. */
export async function startService(
  mount: (endpoint: HttpHandler) => Promise<Listener>,
  provider: string,
  { provider: entry = {}, tokenTypes = ['jwt'], ...changes }: ServiceChanges = {},
): Promise<RunningService> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const network = { allowInsecureLoopback: true }
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  const clientKey = { privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid: 'orders-1' } }
  const verifier = createVerifier({ audience: issuer, issuers: [{ issuer: provider, ...entry }], network })
  const signingKeys = createSigningKeys({ store: memoryKeys(), wrapper: localKeyWrapper([SECRET]) })
  const audit: AuditEntry[] = []
  const secret = (method: 'client_secret_basic' | 'client_secret_post') => ({ method, secrets: [SECRET] }) as const
  const service = createTokenService({
    issuer,
    signingKeys,
    verifier,
    // An ID token has no scopes: what it is worth is for the policy to say.
    trust: [
      {
        use: 'subject',
        issuer: provider,
        tokenTypes,
        subjectScopes: tokenTypes.includes('id_token') ? 'from-policy' : 'from-token',
      },
    ],
    clients: [
      {
        clientId: 'orders',
        authentication: secret('client_secret_basic'),
        subjectTokenTypes: ['access_token', 'jwt', 'id_token'],
      },
      { clientId: 'app', authentication: secret('client_secret_basic'), subjectTokenTypes: ['id_token'] },
      {
        clientId: 'orders-by-key',
        authentication: { method: 'private_key_jwt', keys: { jwks: { keys: [clientKey.publicJwk] } } },
        grants: ['token-exchange', 'client-credentials'],
      },
      { clientId: 'billing', authentication: secret('client_secret_post'), audiences: [BILLING] },
      { clientId: 'job', authentication: secret('client_secret_post'), grants: ['client-credentials'] },
    ],
    targets: {
      billing: { audience: BILLING, scopes: ['invoice:read', 'invoice:write'] },
      ledger: { audience: LEDGER, scopes: ['entries:read'] },
    },
    policy: {
      id: 'interop',
      rules: [
        {
          id: 'orders-to-billing',
          effect: 'allow',
          clients: ['orders', 'orders-by-key', 'app'],
          targets: ['billing'],
          subjectIssuers: [provider],
          scopes: { 'orders:read': ['invoice:read'] },
          grantScopes: ['invoice:read'],
        },
        {
          id: 'billing-to-ledger',
          effect: 'allow',
          clients: ['billing'],
          targets: ['ledger'],
          subjectIssuers: [issuer],
          scopes: { 'invoice:read': ['entries:read'] },
          boundSubject: 'audience',
        },
        {
          id: 'jobs',
          effect: 'allow',
          clients: ['job', 'orders-by-key'],
          targets: ['billing'],
          subjectIssuers: [],
          grants: ['client-credentials'],
          grantScopes: ['invoice:read'],
        },
      ],
    },
    audit: { record: async (entry) => void audit.push(entry), fingerprint: (token) => `fp:${token.length}` },
    replayStore: memoryReplayStore(),
    revocations: memoryRevocationStore(),
    network,
    ...changes,
  })
  const listener = await mount(service)
  server.on('request', (req, res) => void listener(req, res))
  return {
    issuer,
    audit,
    clientKey,
    async close() {
      server.close()
      server.closeAllConnections()
      await service.close()
      await Promise.all([verifier.close(), signingKeys.close()])
    },
  }
}
