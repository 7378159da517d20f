#!/usr/bin/env node
// A token service: orders may call billing for the people who call orders, and a CI job may deploy without a secret.
import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createAuditTrail, fileSink } from '@countersign/audit'
import { createVerifier, memoryReplayStore, memoryRevocationStore } from '@countersign/core'
import { createSigningKeys, createTokenService, fileKeys, localKeyWrapper, memoryKeys } from '@countersign/sts'
import { listen } from './listen.js'

const { PORT = '3000', ISSUER = `http://127.0.0.1:${PORT}`, FRAMEWORK = 'express', SECRET } = process.env
const { USERS = 'https://login.example.com', CI = 'https://token.actions.githubusercontent.com' } = process.env
const { ORDERS = 'http://127.0.0.1:3001', STATE = fileURLToPath(new URL('state', import.meta.url)) } = process.env
const secret = SECRET ?? randomBytes(32).toString('base64url')

// Issuers and clients on this machine may speak plain http. In production there are none: leave it out.
const network = { allowInsecureLoopback: true }

mkdirSync(STATE, { recursive: true })

// An exchange is answered once its event is on the disk.
const audit = createAuditTrail({
  service: { name: 'token-service', version: '1.0.0' },
  required: { sinks: [fileSink(`${STATE}/audit.jsonl`)] },
  fingerprintKeys: [{ id: '1', secret: Buffer.from(secret) }],
})

// Sealed in a directory, rotated by themselves; replicas on several machines share redisKeys or postgresKeys instead.
// What was sealed with a secret that nobody kept opens never again: without SECRET the keys die with the process.
const signingKeys = createSigningKeys({
  store: SECRET === undefined ? memoryKeys() : fileKeys(`${STATE}/keys`),
  wrapper: localKeyWrapper([secret]),
  audit,
  logger: console,
})

const service = createTokenService({
  issuer: ISSUER,
  signingKeys,
  audit,
  network,
  // What people show orders is meant for orders; what the CI platform vouches for is meant for this service.
  verifier: createVerifier({ audience: [ISSUER, 'https://orders.example.com'], issuers: [USERS, CI], network }),
  trust: [
    { use: 'subject', issuer: USERS, audiences: ['https://orders.example.com'] },
    { use: 'client', issuer: CI },
  ],
  clients: [
    {
      clientId: 'orders',
      authentication: { method: 'private_key_jwt', keys: { jwksUri: `${ORDERS}/jwks` } },
      audiences: ['https://orders.example.com'],
    },
    {
      clientId: 'deploy-shop',
      authentication: {
        method: 'workload',
        issuer: CI,
        claims: [
          { claim: 'repository_id', oneOf: ['74'] },
          { claim: 'ref', oneOf: ['refs/heads/main'] },
        ],
      },
      grants: ['client-credentials'],
    },
  ],
  targets: {
    billing: { audience: 'https://billing.example.com', scopes: ['invoice:read'] },
    production: { audience: 'https://production.example.com', scopes: ['deploy'] },
  },
  policy: {
    id: 'shop',
    rules: [
      {
        id: 'orders-to-billing',
        effect: 'allow',
        clients: ['orders'],
        targets: ['billing'],
        subjectIssuers: [USERS],
        scopes: { 'orders:read': ['invoice:read'] },
      },
      {
        id: 'main-to-production',
        effect: 'allow',
        clients: ['deploy-shop'],
        targets: ['production'],
        subjectIssuers: [],
        grants: ['client-credentials'],
        grantScopes: ['deploy'],
      },
    ],
  },
  // Right for one instance. Several share theirs: replayStore and redisRevocations of @countersign/redis.
  replayStore: memoryReplayStore(),
  revocations: memoryRevocationStore(),
  logger: console,
})

const { signingKeys: ready } = await service.ready()
if (!ready.ok) console.warn(`The signing keys are not there yet: ${ready.reason}`)

const { server, port } = await listen(FRAMEWORK, service, Number(PORT))
console.log(`Listening on http://127.0.0.1:${port}`)

// What serves goes first, and the trail last: it has to take the events of whatever is still answered.
async function stop() {
  await new Promise((resolve) => server.close(resolve))
  await service.close()
  await signingKeys.close()
  await audit.close()
  process.exit(0)
}
process.once('SIGINT', () => void stop()).once('SIGTERM', () => void stop())
