import type { AuditEvent, AuditParty } from '@countersign/core'
import type { OcsfClassName } from './classes.js'
import { toText, withoutAbsent } from './present.js'

type Members = Readonly<Record<string, unknown>>

/** What a class adds to what every class has. */
export function toMembers(name: OcsfClassName, event: AuditEvent): Members {
  switch (name) {
    case 'authentication':
      return { ...toIam(event), user: toUser(event.subject), service: toTarget(event), ...toProtocol(event) }
    case 'entity_management':
      return { ...toIam(event), entity: toEntity(event), unmapped: toUnmapped(name, event) }
    case 'api_activity':
      return {
        actor: toActor(event),
        api: { operation: toOperation(event), service: { name: event.service.name } },
        src_endpoint: toEndpoint(event) ?? { name: 'unknown' },
        http_request: toHttpRequest(event),
        unmapped: toUnmapped(name, event),
      }
    case 'application_lifecycle': {
      const { service } = event
      const app = { name: service.name, version: service.version, uid: service.instance }
      return { app, unmapped: toUnmapped(name, event) }
    }
  }
}

function toIam(event: AuditEvent): Members {
  return { actor: toActor(event), src_endpoint: toEndpoint(event), http_request: toHttpRequest(event) }
}

/** The current actor, the client by which it came, and what was decided about it. OCSF wants at least one of them. */
function toActor(event: AuditEvent): Members {
  const { type, subject, client, policy, service } = event
  const user = findActor(event)
  const isDenied = type === 'authz.denied'
  const decided = withoutAbsent({
    decision: isDenied ? 'denied' : undefined,
    policy: policy && withoutAbsent({ uid: policy.id, version: policy.hash, name: policy.rule }),
  })
  return withoutAbsent({
    user: user && toUser(user),
    session: subject?.sid === undefined ? undefined : { uid: subject.sid, issuer: subject.iss },
    app_uid: client?.id,
    app_name: user === undefined && client === undefined ? service.name : undefined,
    authorizations: Object.keys(decided).length === 0 ? undefined : [decided],
  })
}

/** Who acted: of a denial the subject itself, where nobody acted for it. */
function findActor({ type, actor, subject }: AuditEvent): AuditParty | undefined {
  return actor?.[0] ?? (type === 'authz.denied' ? subject : undefined)
}

const USER_TYPES: ReadonlyMap<unknown, number> = new Map([
  ['user', 1],
  ['service', 4],
  ['agent', 99],
])

function toUser(party: AuditParty | undefined): Members {
  if (party === undefined) return { name: 'unknown', type_id: 0 }
  return withoutAbsent({ uid: party.sub, domain: party.iss, type_id: USER_TYPES.get(party.kind) })
}

function toTarget({ target, service }: AuditEvent): Members {
  const audience: unknown = target?.audience
  const first: unknown = Array.isArray(audience) ? audience[0] : undefined
  return withoutAbsent({ name: target?.name ?? first ?? service.name, uid: first })
}

function toProtocol(event: AuditEvent): Members {
  const { subject, exchange } = event
  const isSaml = toText(exchange?.subjectTokenType)?.includes('saml') === true
  return {
    auth_protocol_id: isSaml ? 5 : 6,
    auth_protocol: isSaml ? 'SAML' : 'OAUTH 2.0',
    session: subject?.sid === undefined ? undefined : { uid: subject.sid, issuer: subject.iss },
    unmapped: toUnmapped('authentication', event),
  }
}

function toEntity({ type, key, keySet, subject, policy, service }: AuditEvent): Members {
  if (type === 'subject.revoked') return { uid: subject?.sub ?? 'unknown', type: 'User', type_id: 2 }
  if (key !== undefined) return { uid: key.kid, name: key.alg, type: 'Signing Key' }
  if (keySet !== undefined) return { uid: keySet.issuer, type: 'Key Set' }
  if (policy !== undefined) return { uid: policy.id, type: 'Policy', type_id: 5 }
  return { name: service.name, type: 'Configuration' }
}

function toOperation({ type, request }: AuditEvent): string {
  const { method, route } = request ?? {}
  return [toText(method), toText(route)].filter(Boolean).join(' ') || type
}

function toEndpoint({ request, counted }: AuditEvent): Members | undefined {
  const { ip } = request ?? {}
  if (ip !== undefined) return toText(ip)?.includes('/') === false ? { ip } : { name: ip }
  return counted?.network === undefined ? undefined : { name: counted.network }
}

function toHttpRequest({ request }: AuditEvent): Members | undefined {
  if (request === undefined) return undefined
  const { id, method, route, userAgent } = request
  return withoutAbsent({
    uid: id,
    http_method: method,
    user_agent: userAgent,
    url: route === undefined ? undefined : { path: route },
  })
}

/** What has no place of its own: tokens above all, of which OCSF knows other kinds. */
function toUnmapped(name: OcsfClassName, event: AuditEvent): Members {
  const { actor, scope, exchange, tokens, policy, key, keySet, target, trace, chain } = event
  const { sampled, gap, sink, checkpoint, predecessor } = event
  const own = { ...toPeople(name, event), actor_history: actor?.slice(1), chain, predecessor }
  const rest = { scope, exchange, tokens, policy, key, key_set: keySet, target, trace, sampled, gap, sink, checkpoint }
  return withoutAbsent({ ...own, ...rest })
}

/** Those of an event, whole where its class has no place for them, and else what a user and an application have no members for. */
function toPeople(name: OcsfClassName, event: AuditEvent): Members {
  const { subject, actor, client, request } = event
  const [current] = actor ?? []
  if (name === 'application_lifecycle') return { subject, actor: current, client, request }
  const { authMethod, keyId } = client ?? {}
  const isUser = name === 'authentication' || findActor(event) === subject
  // The session of an actor is the subject's there.
  return {
    subject: isUser ? withoutAbsent(toProof(subject)) : subject,
    actor: withoutAbsent({ sid: current?.sid, ...toProof(current) }),
    client: withoutAbsent({ authMethod, keyId }),
  }
}

function toProof({ acr, amr, authTime }: Partial<AuditParty> = {}): Members {
  return { acr, amr, authTime }
}
