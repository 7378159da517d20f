import { publishKeysEvent } from '../diagnostics.js'
import type { DropReason } from '../diagnostics.js'
import type { UpstreamError } from '../errors.js'
import type { AuditRecorder } from '../ports.js'
import { recordLater } from '../record.js'
import type { Logger } from '../runtime.js'
import { toDroppedText } from './key-set.js'
import type { KeySet } from './key-set.js'
import type { KeysReading } from './keys-reader.js'
import type { Trouble } from './trouble.js'

/** Tells an operator how one issuer's keys fare: events for machines, log lines for what somebody should look at. */
export interface KeysReporter {
  /** @param previous the set that this one replaces; @param failures how many attempts in a row failed before */
  read(reading: KeysReading, previous: KeySet | undefined, failures: number): void
  failed(error: UpstreamError, trouble: Trouble, usable: boolean): void
}

/** Ordinary in a set that serves other purposes too: encryption keys, kinds of key that are newer than we are. */
const ORDINARY: readonly DropReason[] = ['type', 'use']

/** Creates the reporter of one issuer. What is wrong with a set is said once, until something else is. */
export function createKeysReporter(issuer: string, logger: Logger, audit?: AuditRecorder): KeysReporter {
  let said = ''
  return {
    read({ set, unchanged, lifetimeMs }, previous, failures) {
      publishKeysEvent({ type: 'read', issuer, keyCount: set.keys.length, dropped: set.dropped, unchanged, lifetimeMs })
      if (failures > 0) logger.info('The keys of an issuer can be read again', { issuer, failures })
      if (unchanged) return
      const keySet = { issuer, keyCount: set.keys.length, ...countChanges(previous, set) }
      recordLater(audit, () => ({ type: 'jwks.refreshed', outcome: 'success', keySet }))
      const dropped = toDroppedText(set.dropped, ORDINARY)
      if (dropped !== said && dropped !== '') {
        if (set.dropped.private === undefined) logger.warn('Keys of an issuer are not used', { issuer, dropped })
        else logger.error('An issuer publishes private keys; they are not used', { issuer, dropped })
      }
      said = dropped
      if (previous === undefined || isContinued(previous, set)) return
      const change = { issuer, removed: previous.keys.length, added: set.keys.length }
      logger.warn('An issuer replaced all its keys at once', change)
      publishKeysEvent({ type: 'rotated-abruptly', ...change })
      recordLater(audit, () => ({ type: 'jwks.abrupt_rotation', outcome: 'success', keySet }))
    },
    failed(error, { count, restMs }, usable) {
      const failure = { issuer, reason: error.reason, failures: count, retryInMs: Math.round(restMs), usable }
      logger.warn('The keys of an issuer could not be read', { ...failure, ...error.detail })
      publishKeysEvent({ type: 'failed', ...failure })
      const keySet = { issuer, failures: count, usable }
      recordLater(audit, () => ({ type: 'jwks.failed', outcome: 'error', reason: error.reason, keySet }))
    },
  }
}

/** How many keys came and went; of a first set, all came. */
function countChanges(
  previous: KeySet | undefined,
  next: KeySet,
): { readonly added: number; readonly removed: number } {
  if (previous === undefined) return { added: next.keys.length, removed: 0 }
  return {
    added: next.keys.filter((key) => !previous.has(key)).length,
    removed: previous.keys.filter((key) => !next.has(key)).length,
  }
}

/** Whether a key is in both, whatever it is called there: a `kid` is a name, and new keys may take it over. */
function isContinued(previous: KeySet, next: KeySet): boolean {
  const known = new Set(previous.keys.map(({ material }) => material))
  return next.keys.some(({ material }) => known.has(material))
}
