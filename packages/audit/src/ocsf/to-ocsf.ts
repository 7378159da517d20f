import type { AuditEvent } from '@countersign/core'
import { CLASSES, OTHER, ROWS } from './classes.js'
import { toMembers } from './members.js'
import { toMs, withoutAbsent } from './present.js'

/** The version of OCSF that events are mapped to. */
export const OCSF_VERSION = '1.8.0'

/** An event in the shape of OCSF: what every class has, and what its class adds. Times in milliseconds since the epoch. */
export interface OcsfEvent {
  readonly metadata: Readonly<Record<string, unknown>>
  readonly category_uid: number
  readonly class_uid: number
  readonly activity_id: number
  readonly activity_name: string
  readonly type_uid: number
  readonly severity_id: number
  readonly status_id: number
  readonly time: number
  readonly [member: string]: unknown
}

/**
 * Maps an event to OCSF 1.8.0: Authentication (3002), Entity Management (3004), Application Lifecycle (6002) or API Activity (6003).
 *
 * What OCSF has no place for stands under `unmapped`, as it was; where it demands somebody whom nobody knows, they are `unknown`.
 * Neither is the result bound by the chain, nor can the event be made of it again.
 */
export function toOCSF(event: AuditEvent): OcsfEvent {
  const { name, activity, activityName, severity } = Object.hasOwn(ROWS, event.type) ? ROWS[event.type] : OTHER
  const { uid, category } = CLASSES[name]
  const least = event.outcome === 'error' ? 3 : event.outcome === 'success' ? 1 : 2
  return {
    ...withoutAbsent(toMembers(name, event)),
    metadata: toMetadata(event),
    category_uid: category,
    class_uid: uid,
    activity_id: activity,
    activity_name: activityName,
    type_uid: uid * 100 + activity,
    severity_id: Math.max(severity, least),
    status_id: event.outcome === 'success' ? 1 : 2,
    time: Date.parse(event.time),
    ...withoutAbsent({
      status_code: event.reason,
      status_detail: event.outcome,
      duration: event.durationMs,
      ...toCount(event),
    }),
  }
}

function toMetadata({ id, type, service, chain, time, txn, trace }: AuditEvent): Readonly<Record<string, unknown>> {
  const product = { name: service.name, version: service.version, vendor_name: 'countersign', uid: service.instance }
  return withoutAbsent({
    version: OCSF_VERSION,
    product,
    uid: id,
    sequence: chain.seq,
    correlation_uid: txn ?? trace?.traceId,
    logged_time: toMs(time),
    event_code: type,
    log_name: chain.stream,
  })
}

function toCount({ counted }: AuditEvent): Readonly<Record<string, unknown>> {
  if (counted === undefined) return {}
  const { count, firstTime, lastTime } = counted
  return { count, start_time: toMs(firstTime), end_time: toMs(lastTime) }
}
