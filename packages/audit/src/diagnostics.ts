import { channel } from 'node:diagnostics_channel'
import type { Channel } from 'node:diagnostics_channel'
import { CHANNELS } from '@countersign/core'
import type { AuditTrailEvent } from '@countersign/core'

const trail: Channel = channel(CHANNELS.audit)

/** Tells the subscribers of `countersign:audit`; without any, the event is not even made. */
export function publishTrailEvent(toEvent: () => AuditTrailEvent): void {
  if (trail.hasSubscribers) trail.publish(toEvent())
}
