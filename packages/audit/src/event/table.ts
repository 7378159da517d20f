import type { AuditEntry, AuditOutcome, AuditType } from '@countersign/core'
import { address, flag, list, members, number, reason, route, subject, text, word } from './shape.js'
import type { Shape } from './shape.js'

/** How an event travels. `awaited`: something does not happen before it is kept. `own`: the trail speaks of itself. */
export type Handling = 'awaited' | 'ordinary' | 'sampled' | 'own'

/** Every type there is, and how it travels. */
export const TYPES: Readonly<Record<AuditType, Handling>> = {
  'authn.success': 'sampled',
  'authn.failure': 'ordinary',
  'authz.denied': 'ordinary',
  'token.exchange': 'awaited',
  'token.grant': 'awaited',
  'token.introspected': 'ordinary',
  'token.revoked': 'ordinary',
  'replay.detected': 'ordinary',
  'session.revoked': 'ordinary',
  'subject.revoked': 'ordinary',
  'signal.received': 'ordinary',
  'key.published': 'awaited',
  'key.activated': 'awaited',
  'key.retired': 'awaited',
  'key.removed': 'awaited',
  'key.revoked': 'awaited',
  'jwks.refreshed': 'ordinary',
  'jwks.failed': 'ordinary',
  'jwks.abrupt_rotation': 'ordinary',
  'trust.changed': 'awaited',
  'audit.gap': 'own',
  'audit.checkpoint': 'own',
  'audit.sink_failed': 'own',
  'audit.sink_recovered': 'own',
  'service.started': 'own',
  'service.stopped': 'own',
}

/** How an event travels. One that answers a request for a token is waited for, also where it is of another type: a grant that comes again. */
export function toHandling({ type, exchange }: Pick<AuditEntry, 'type' | 'exchange'>): Handling {
  return TYPES[type] === 'ordinary' && exchange !== undefined ? 'awaited' : TYPES[type]
}

const OUTCOMES: readonly AuditOutcome[] = ['success', 'denied', 'failure', 'error']

const url: Shape = text(512)
const name: Shape = text(255)

const party: Shape = members({
  iss: url,
  sub: subject,
  sid: name,
  acr: name,
  amr: list(text(64), 16),
  authTime: number,
  kind: word('user', 'service', 'agent'),
})

const tokenRef: Shape = members({
  fp: text(128),
  jti: name,
  iss: url,
  kid: name,
  alg: text(32),
  iat: number,
  exp: number,
  cnf: word('dpop', 'mtls'),
  possession: word('proven', 'audience'),
})

/** What is kept of an entry, by name; the order is the one of the documentation. */
export const ENTRY: Readonly<Record<keyof AuditEntry, Shape>> = {
  type: word(...Object.keys(TYPES)),
  outcome: word(...OUTCOMES),
  reason,
  request: members({ id: name, method: text(16), route: route(255), ip: address, userAgent: text(255) }),
  trace: members({ traceId: text(32), spanId: text(16) }),
  txn: name,
  subject: party,
  actor: list(party, 16, (sub) => ({ iss: '', sub })),
  client: members({ id: name, authMethod: text(64), keyId: name }),
  target: members({ name, audience: list(url, 16), resource: list(url, 16) }),
  scope: members({ requested: list(name, 64), granted: list(name, 64), dropped: list(name, 64) }),
  exchange: members({
    profile: word('rfc8693', 'rfc7523', 'client-credentials', 'chaining', 'id-jag', 'txn-token'),
    mode: word('delegation', 'impersonation', 'none'),
    depth: number,
    subjectTokenType: name,
    actorTokenType: name,
    requestedTokenType: name,
    issuedTokenType: name,
  }),
  tokens: members({ subject: tokenRef, actor: tokenRef, issued: tokenRef }),
  policy: members({
    id: name,
    hash: text(128),
    rule: name,
    observed: list(name, 16),
    mode: word('enforce', 'observe'),
  }),
  key: members({ kid: name, alg: text(32), from: text(32), to: text(32) }),
  keySet: members({
    issuer: url,
    keyCount: number,
    added: number,
    removed: number,
    failures: number,
    usable: flag,
  }),
  durationMs: number,
  sampled: members({ rate: number }),
}

/** What a request can bring about. The other types are of our own doing, however they come out. */
const BY_REQUEST = /^(?:authn|authz|token|replay|session|subject|signal)\./

/**
 * Whether nobody has proven who they are: the refusals of which a stranger can make any number.
 *
 * A client counts once it has authenticated, a subject once its token was verified: sources name no other.
 */
export function isFromStranger(entry: AuditEntry): boolean {
  if (!BY_REQUEST.test(entry.type)) return false
  return entry.outcome !== 'success' && entry.subject === undefined && entry.client?.authMethod === undefined
}
