import { subscribe } from 'node:diagnostics_channel'
import { CHANNELS } from '@countersign/core'

/** @type {Map<string, number>} */
export const counters = new Map()
/** @type {string[]} */
export const alarms = []

/** @param {string} name @param {number} [by] */
const count = (name, by = 1) => void counters.set(name, (counters.get(name) ?? 0) + by)

subscribe(CHANNELS.verdict, (message) => {
  const event = /** @type {import('@countersign/core').VerdictEvent} */ (message)
  // Issuers that were accepted and reasons are few, and make good labels. Subjects do not.
  if (event.outcome === 'refused') count(`refused ${event.reason}`)
  else count(`accepted ${event.issuer}`)
})

subscribe(CHANNELS.keys, (message) => {
  const event = /** @type {import('@countersign/core').KeysEvent} */ (message)
  if (event.type === 'failed' && !event.usable) alarms.push(`No keys of ${event.issuer}: ${event.reason}`)
  if (event.type === 'rotated-abruptly') alarms.push(`${event.issuer} replaced all its keys at once`)
})

subscribe(CHANNELS.discovery, (message) => {
  const event = /** @type {import('@countersign/core').DiscoveryEvent} */ (message)
  if (event.type === 'jwks-uri-changed') alarms.push(`${event.issuer} moved its keys to ${event.url}`)
})

subscribe(CHANNELS.upstream, (message) => {
  const event = /** @type {import('@countersign/core').UpstreamEvent} */ (message)
  count(`fetched ${event.outcome}`)
  count('bytes', event.bytes)
})
