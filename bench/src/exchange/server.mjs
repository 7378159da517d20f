// A token service in a process of its own: `server.mjs <name> <facts as JSON>`.
import { randomBytes } from 'node:crypto'
import { createAuditTrail, fileSink } from '@countersign/audit'
import { createVerifier, memoryReplayStore, memoryRevocationStore } from '@countersign/core'
import { mount } from '@countersign/express'
import { createSigningKeys, createTokenService, localKeyWrapper, memoryKeys } from '@countersign/sts'
import express from 'express'
import { serve } from '../http/serve.mjs'
import { STS } from './facts.mjs'

/** @import { ExchangeFacts } from './facts.mjs' */

/** @type {ExchangeFacts} */
const { issuer, jwksUri, audience, auditFile, clientJwk, clientSecret, isKnown } = JSON.parse(process.argv[3] ?? '{}')
const network = { allowInsecureLoopback: true }

const audit =
  auditFile === undefined
    ? { record: async () => {}, fingerprint: () => 'none' }
    : createAuditTrail({
        service: { name: 'token-service', version: '1.0.0' },
        required: { sinks: [fileSink(auditFile)], timeoutMs: 10_000 },
        fingerprintKeys: [{ id: '1', secret: randomBytes(32) }],
      })

const allowed = /** @type {const} */ ({
  effect: 'allow',
  targets: ['billing'],
  subjectIssuers: [issuer],
  scopes: { 'orders:read': ['invoice:read'] },
})
const service = createTokenService({
  issuer: STS,
  audit,
  network,
  signingKeys: createSigningKeys({
    store: memoryKeys(),
    wrapper: localKeyWrapper([randomBytes(32).toString('base64url')]),
  }),
  verifier: createVerifier({
    audience: [STS, audience],
    issuers: [{ issuer, keys: { jwksUri } }],
    network,
    // Subject tokens come again in the end: as new ones, they must not be found.
    ...(isKnown ? {} : { tokenCache: false }),
  }),
  trust: [{ use: 'subject', issuer, audiences: [audience] }],
  clients: [
    {
      clientId: 'orders',
      authentication:
        clientJwk === undefined
          ? { method: 'client_secret_basic', secrets: [clientSecret] }
          : { method: 'private_key_jwt', keys: { jwks: { keys: [clientJwk] } } },
      audiences: [audience],
    },
  ],
  targets: { billing: { audience: 'https://billing.example.com', scopes: ['invoice:read'] } },
  policy: { id: 'bench', rules: [{ id: 'orders-to-billing', clients: ['orders'], ...allowed }] },
  replayStore: memoryReplayStore(),
  revocations: memoryRevocationStore(),
})
const { ok } = await service.ready()
if (!ok) throw new Error('The token service is not ready')

const app = express()
app.use(mount(service))
await serve(app)
