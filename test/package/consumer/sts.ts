import { createVerifier, memoryReplayStore, memoryRevocationStore } from '@countersign/core'
import type { AuditRecorder, HttpHandler } from '@countersign/core'
import { createSigningKeys, createTokenService, localKeyWrapper, memoryKeys } from '@countersign/sts'
import type { ClientOptions, PolicyRule, SigningKeys, TokenService, TokenServiceOptions } from '@countersign/sts'

const audit: AuditRecorder = { record: async () => {}, fingerprint: (token) => `length:${token.length}` }
const signingKeys: SigningKeys = createSigningKeys({ store: memoryKeys(), wrapper: localKeyWrapper(['x'.repeat(32)]) })

const clients: readonly ClientOptions[] = [
  {
    clientId: 'orders',
    authentication: { method: 'private_key_jwt', keys: { jwksUri: 'https://orders.example/jwks' } },
  },
  { clientId: 'mesh', authentication: { method: 'tls_client_auth', dnsName: 'mesh.example' }, audiences: undefined },
]

const rule: PolicyRule = {
  id: 'orders-to-billing',
  effect: 'allow',
  clients: ['orders'],
  targets: ['billing'],
  subjectIssuers: ['https://login.acme.example'],
  scopes: 'same',
}

const options: TokenServiceOptions = {
  issuer: 'https://sts.example',
  audit,
  signingKeys,
  verifier: createVerifier({ audience: 'https://sts.example', issuers: ['https://login.acme.example'] }),
  trust: [{ use: 'subject', issuer: 'https://login.acme.example' }],
  clients,
  targets: { billing: { audience: 'https://billing.example', scopes: ['invoice:read'] } },
  policy: { id: 'production', rules: [rule] },
  replayStore: memoryReplayStore(),
  revocations: memoryRevocationStore(),
  dpop: { algorithms: ['ES256'] },
}

export const service: TokenService = createTokenService(options)
export const endpoints: readonly HttpHandler[] = [service]
export const decided: string | undefined = service.explain({ clientId: 'orders', target: 'billing' }).rule

// @ts-expect-error -- what admits has no observe mode
export const watched: PolicyRule = { ...rule, observe: true }

// @ts-expect-error -- there are no public clients
export const open: ClientOptions = { clientId: 'app', authentication: { method: 'none' } }
