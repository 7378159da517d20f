// A token service as a process of its own: it takes tokens of one issuer, and is ended by a test. Prints where it listens, and a
// token to exchange.
import { createServer } from 'node:http'
import { closeOnSignals, createAuditTrail, fileSink } from '@countersign/audit'
import { createVerifier, memoryReplayStore } from '@countersign/core'
import { mount } from '@countersign/express'
import { createSigningKeys, createTokenService, localKeyWrapper, memoryKeys } from '@countersign/sts'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'

const [file = '', secret = ''] = process.argv.slice(2)
const issuer = 'https://sts.example'
const users = 'https://login.example'
const { privateKey, publicKey } = await generateKeyPair('ES256')
const jwk = { ...(await exportJWK(publicKey)), kid: 'u1', alg: 'ES256' }
const subjectToken = await new SignJWT({ scope: 'orders:read' })
  .setProtectedHeader({ alg: 'ES256', kid: 'u1', typ: 'at+jwt' })
  .setIssuer(users)
  .setSubject('alice')
  .setAudience('https://orders.example')
  .setIssuedAt()
  .setExpirationTime('1h')
  .sign(privateKey)

const audit = createAuditTrail({
  service: { name: 'sts', version: '1.0.0' },
  required: { sinks: [fileSink(file, { maxBytes: 1_000_000 })], timeoutMs: 5_000 },
  fingerprintKeys: [{ id: 'k1', secret: Buffer.from(secret, 'base64url') }],
  denials: { perSecond: 5, burst: 10, countSeconds: 1 },
})
const signingKeys = createSigningKeys({ store: memoryKeys(), wrapper: localKeyWrapper(['x'.repeat(32)]), audit })
const service = createTokenService({
  issuer,
  signingKeys,
  audit,
  verifier: createVerifier({
    audience: 'https://orders.example',
    issuers: [{ issuer: users, keys: { jwks: { keys: [jwk] } } }],
  }),
  trust: [{ use: 'subject', issuer: users, audiences: ['https://orders.example'] }],
  clients: [
    {
      clientId: 'orders',
      authentication: { method: 'client_secret_basic', secrets: ['s'.repeat(32)] },
      audiences: ['https://orders.example'],
    },
  ],
  targets: { billing: { audience: 'https://billing.example', scopes: ['invoice:read'] } },
  policy: {
    id: 'shop',
    rules: [
      {
        id: 'orders-to-billing',
        effect: 'allow',
        clients: ['orders'],
        targets: ['billing'],
        subjectIssuers: [users],
        scopes: { 'orders:read': ['invoice:read'] },
      },
    ],
  },
  replayStore: memoryReplayStore(),
})
await service.ready()

const handle = mount(service)
const server = createServer((request, response) => handle(request, response, () => response.writeHead(404).end()))
closeOnSignals(audit, { before: () => server.close() })
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  process.stdout.write(`${JSON.stringify({ port, subjectToken })}\n`)
})
