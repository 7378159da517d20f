import { toOCSF } from '@countersign/audit'
import type { AuditParty, AuditType } from '@countersign/core'
import { describe, expect, it } from 'vitest'
import { TYPES } from '../src/event/table.js'
import { fullEntry, toEvent, types } from './events.js'

/** Of OCSF 1.8.0, by hand: what each class must have, and of what at least one. Dots lead into objects. */
interface Demands {
  readonly category: number
  readonly required: readonly string[]
  readonly anyOf: readonly (readonly string[])[]
  readonly activities: readonly number[]
}

const base = [
  'activity_id',
  'category_uid',
  'class_uid',
  'metadata',
  'metadata.product',
  'metadata.version',
  'severity_id',
  'time',
  'type_uid',
]
const entity = ['name', 'uid']
const actor = ['process', 'user', 'invoked_by', 'session', 'app_name', 'app_uid']
const endpoint = [
  'ip',
  'uid',
  'name',
  'hostname',
  'svc_name',
  'instance_uid',
  'interface_uid',
  'interface_name',
  'domain',
]
const under = (parent: string, names: readonly string[]): string[] => names.map((name) => `${parent}.${name}`)

const demands: Readonly<Record<number, Demands>> = {
  3002: {
    category: 3,
    required: ['user'],
    anyOf: [['service', 'dst_endpoint'], under('user', ['account', 'name', 'uid']), under('service', entity)],
    activities: [0, 1, 2, 3, 4, 5, 6, 7, 99],
  },
  3004: {
    category: 3,
    required: ['entity'],
    anyOf: [under('entity', ['name', 'uid', 'device', 'group', 'org', 'policy', 'user'])],
    activities: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 99],
  },
  6002: { category: 6, required: ['app'], anyOf: [under('app', entity)], activities: [0, 1, 2, 3, 4, 5, 6, 7, 8, 99] },
  6003: {
    category: 6,
    required: ['actor', 'api', 'api.operation', 'src_endpoint'],
    anyOf: [under('actor', actor), under('src_endpoint', endpoint)],
    activities: [0, 1, 2, 3, 4, 99],
  },
}

function find(value: unknown, path: string): unknown {
  return path.split('.').reduce((held: unknown, name) => (held as Record<string, unknown> | undefined)?.[name], value)
}

const outcomes = ['success', 'denied', 'failure', 'error'] as const
const cases = types.flatMap((type) => [
  { type, with: 'nothing that may be absent', event: toEvent(type) },
  { type, with: 'every member', event: toEvent(type, fullEntry) },
  ...outcomes.map((outcome) => ({ type, with: `outcome ${outcome}`, event: { ...toEvent(type), outcome } })),
])

describe('toOCSF gives what OCSF 1.8.0 demands', () => {
  it.each(cases)('of $type with $with', ({ event }) => {
    const mapped = toOCSF(event)
    const own = demands[mapped.class_uid]
    if (own === undefined) throw new Error('A class that the table does not know')
    expect([...base, ...own.required].filter((path) => find(mapped, path) === undefined)).toEqual([])
    const choices = [
      ...own.anyOf,
      under('metadata.product', entity),
      ...(find(mapped, 'actor') === undefined ? [] : [under('actor', actor)]),
    ]
    expect(choices.filter((paths) => paths.every((path) => find(mapped, path) === undefined))).toEqual([])
    expect(mapped.category_uid).toBe(own.category)
    expect(own.activities).toContain(mapped.activity_id)
    expect(mapped.type_uid).toBe(mapped.class_uid * 100 + mapped.activity_id)
    expect([1, 2, 3, 4, 5, 6]).toContain(mapped.severity_id)
    expect([1, 2]).toContain(mapped.status_id)
    expect(mapped.time).toBe(Date.UTC(2026, 10, 24))
    expect(mapped.metadata['version']).toBe('1.8.0')
    expect(JSON.parse(JSON.stringify(mapped))).toEqual(mapped)
  })
})

/** Every text and number in a value. */
function leaves(value: unknown): readonly unknown[] {
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(leaves) : [value]
}

describe('toOCSF loses nothing of who it was', () => {
  const actor = fullEntry.actor?.map((party, index) => ({
    ...party,
    sid: `a-${index}`,
    acr: `acr-${index}`,
    amr: [`amr-${index}`],
    authTime: 100 + index,
  }))
  const subject = { ...fullEntry.subject, acr: 'acr-s', amr: ['amr-s'], authTime: 99 } as AuditParty

  it.each([...types.filter((type) => TYPES[type] !== 'own'), 'of a later version'])('of %s', (type) => {
    for (const acted of [actor, undefined]) {
      const event = { ...toEvent('authn.failure', { ...fullEntry, subject, actor: acted }), type: type as AuditType }
      const kept = new Set(leaves(toOCSF(event)))
      const given = leaves([subject, acted ?? [], event.client, event.request])
      // Kinds are numbers there.
      expect(given.filter((leaf) => !kept.has(leaf) && leaf !== 'user' && leaf !== 'service')).toEqual([])
    }
  })
})

describe('toOCSF', () => {
  it('maps an exchange as 300299: the subject as user, the current actor, the client, the target as service', () => {
    expect(toOCSF(toEvent('token.exchange', fullEntry))).toMatchObject({
      type_uid: 300_299,
      activity_name: 'Token Exchange',
      user: { uid: 'alice', domain: 'https://login.example', type_id: 1 },
      actor: {
        user: { uid: 'gateway', domain: 'https://sts.example', type_id: 4 },
        app_uid: 'gateway',
        session: { uid: 's-1', issuer: 'https://login.example' },
      },
      service: { name: 'billing', uid: 'https://billing.example' },
      metadata: { correlation_uid: 'txn-1', sequence: 1 },
      unmapped: { tokens: { issued: { fp: 'hmac256:k1:c' } }, actor_history: [{ sub: 'front' }] },
    })
  })

  it('maps a denial as an API activity whose actor carries the decision and the policy', () => {
    expect(toOCSF(toEvent('authz.denied', { ...fullEntry, outcome: 'denied', actor: undefined }))).toMatchObject({
      class_uid: 6003,
      status_id: 2,
      status_code: 'ERR_TOKEN_AUDIENCE',
      actor: {
        user: { uid: 'alice' },
        authorizations: [{ decision: 'denied', policy: { uid: 'p-1', name: 'gateways' } }],
      },
      api: { operation: 'POST /orders/:id' },
      src_endpoint: { ip: '192.0.2.7' },
    })
  })

  it('maps a SAML subject token by its protocol, and counts by their time', () => {
    const saml = {
      ...fullEntry,
      exchange: { ...fullEntry.exchange, subjectTokenType: 'urn:ietf:params:oauth:token-type:saml2' },
    }
    expect(toOCSF(toEvent('token.exchange', saml as typeof fullEntry))).toMatchObject({ auth_protocol_id: 5 })
    const counted = {
      count: 7,
      network: '192.0.2.0/24',
      firstTime: '2026-11-24T00:00:00.000Z',
      lastTime: '2026-11-24T00:00:10.000Z',
    }
    const event = { ...toEvent('authn.failure', { outcome: 'failure' }), counted }
    expect(toOCSF(event)).toMatchObject({
      count: 7,
      start_time: Date.UTC(2026, 10, 24),
      end_time: Date.UTC(2026, 10, 24, 0, 0, 10),
      src_endpoint: { name: '192.0.2.0/24' },
    })
  })

  it('marks a replay as medium and a revoked key as high', () => {
    expect(toOCSF(toEvent('replay.detected', fullEntry)).severity_id).toBe(3)
    expect(toOCSF(toEvent('key.revoked', fullEntry)).severity_id).toBe(4)
  })
})
