import type { AuditEntry, AuditEvent, AuditType } from '@countersign/core'
import { createWriter } from '../src/event/writer.js'
import { TYPES } from '../src/event/table.js'
import { createSealer } from '../src/chain/sealer.js'

/** Every type there is. */
export const types = Object.keys(TYPES) as AuditType[]

/** An entry with every member. */
export const fullEntry: Omit<AuditEntry, 'type'> = {
  outcome: 'success',
  reason: 'ERR_TOKEN_AUDIENCE',
  request: { id: 'r-1', method: 'POST', route: '/orders/:id', ip: '192.0.2.7', userAgent: 'curl/8' },
  trace: { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' },
  txn: 'txn-1',
  subject: {
    iss: 'https://login.example',
    sub: 'alice',
    sid: 's-1',
    acr: 'mfa',
    amr: ['otp'],
    authTime: 1,
    kind: 'user',
  },
  actor: [
    { iss: 'https://sts.example', sub: 'gateway', kind: 'service' },
    { iss: 'https://sts.example', sub: 'front' },
  ],
  client: { id: 'gateway', authMethod: 'private_key_jwt', keyId: 'c-1' },
  target: { name: 'billing', audience: ['https://billing.example'], resource: ['https://billing.example/v1'] },
  scope: { requested: ['a', 'b'], granted: ['a'], dropped: ['b'] },
  exchange: {
    profile: 'rfc8693',
    mode: 'delegation',
    depth: 2,
    subjectTokenType: 'urn:ietf:params:oauth:token-type:access_token',
    actorTokenType: 'urn:ietf:params:oauth:token-type:jwt',
    requestedTokenType: 'urn:ietf:params:oauth:token-type:access_token',
    issuedTokenType: 'urn:ietf:params:oauth:token-type:access_token',
  },
  tokens: {
    subject: {
      fp: 'hmac256:k1:a',
      jti: 'j-1',
      iss: 'https://login.example',
      kid: 'i-1',
      alg: 'RS256',
      iat: 1,
      exp: 2,
      cnf: 'dpop',
    },
    actor: { fp: 'hmac256:k1:b' },
    issued: { fp: 'hmac256:k1:c', jti: 'j-2', alg: 'ES256', cnf: 'mtls' },
  },
  policy: { id: 'p-1', hash: 'sha256:abc', rule: 'gateways', mode: 'enforce' },
  key: { kid: 'k-1', alg: 'ES256', from: 'pending', to: 'active' },
  keySet: { issuer: 'https://login.example', keyCount: 2, added: 1, removed: 1, failures: 3, usable: true },
  durationMs: 12.5,
}

const writer = createWriter(
  { name: 'orders', version: '1.2.3', instance: 'orders-1' },
  { toPseudonym: undefined, shortAddresses: false },
  () => Date.UTC(2026, 10, 24),
)

/** An event of a type, with every member or with none that may be absent; `seq` is 1. */
export function toEvent(type: AuditType, entry: Omit<AuditEntry, 'type'> = { outcome: 'success' }): AuditEvent {
  const isOwn = TYPES[type] === 'own'
  const content = isOwn ? writer.toOwn(type, 'success') : writer.toContent({ ...entry, type })
  return createSealer('0190-stream', undefined).seal(content).event
}
