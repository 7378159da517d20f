import type { AuditType } from '@countersign/core'

/** A class of OCSF 1.8.0. */
export type OcsfClassName = 'authentication' | 'entity_management' | 'application_lifecycle' | 'api_activity'

/** The numbers of a class, and of the category that it is in. */
export const CLASSES: Readonly<Record<OcsfClassName, { readonly uid: number; readonly category: number }>> = {
  authentication: { uid: 3002, category: 3 },
  entity_management: { uid: 3004, category: 3 },
  application_lifecycle: { uid: 6002, category: 6 },
  api_activity: { uid: 6003, category: 6 },
}

/** What a type of ours is there. */
export interface OcsfRow {
  readonly name: OcsfClassName
  /** `activity_id`; 99 is "Other", and then the name says what. */
  readonly activity: number
  readonly activityName: string
  /** `severity_id`: 1 informational, 2 low, 3 medium, 4 high. Of what went well; a refusal is at least 2, an error at least 3. */
  readonly severity: 1 | 2 | 3 | 4
}

const row = (
  name: OcsfClassName,
  activity: number,
  activityName: string,
  severity: OcsfRow['severity'] = 1,
): OcsfRow => ({
  name,
  activity,
  activityName,
  severity,
})

/**
 * Where each type goes. Token exchange has no activity of its own in OCSF: those of the authentication class that sound like it are
 * of Kerberos. A denial of a guard is an API activity with a decision, and no "authorize session", which is about what a session is
 * given as it begins.
 */
export const ROWS: Readonly<Record<AuditType, OcsfRow>> = {
  'authn.success': row('authentication', 1, 'Logon'),
  'authn.failure': row('authentication', 1, 'Logon', 2),
  'authz.denied': row('api_activity', 99, 'Access', 2),
  'token.exchange': row('authentication', 99, 'Token Exchange'),
  'token.grant': row('authentication', 99, 'Token Grant'),
  'token.introspected': row('api_activity', 2, 'Read'),
  'token.revoked': row('api_activity', 4, 'Delete'),
  'replay.detected': row('authentication', 1, 'Logon', 3),
  'session.revoked': row('authentication', 2, 'Logoff'),
  'subject.revoked': row('entity_management', 9, 'Disable', 3),
  'signal.received': row('api_activity', 1, 'Create'),
  'key.published': row('entity_management', 1, 'Create'),
  'key.activated': row('entity_management', 10, 'Activate'),
  'key.retired': row('entity_management', 11, 'Deactivate'),
  'key.removed': row('entity_management', 4, 'Delete'),
  'key.revoked': row('entity_management', 9, 'Disable', 4),
  'jwks.refreshed': row('entity_management', 3, 'Update'),
  'jwks.failed': row('entity_management', 3, 'Update', 3),
  'jwks.abrupt_rotation': row('entity_management', 3, 'Update', 3),
  'trust.changed': row('entity_management', 3, 'Update', 3),
  'audit.gap': row('application_lifecycle', 99, 'Audit Gap', 4),
  'audit.checkpoint': row('application_lifecycle', 99, 'Audit Checkpoint'),
  'audit.sink_failed': row('application_lifecycle', 99, 'Audit Sink Failed', 4),
  'audit.sink_recovered': row('application_lifecycle', 99, 'Audit Sink Recovered'),
  'service.started': row('application_lifecycle', 3, 'Start'),
  'service.stopped': row('application_lifecycle', 4, 'Stop'),
}

/** Of a type that is not known here: a trail may have been written by a later version. */
export const OTHER: OcsfRow = row('application_lifecycle', 99, 'Other')
