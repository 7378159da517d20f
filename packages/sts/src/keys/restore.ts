import type { SigningKeyStore } from '@countersign/core'
import { unavailable } from './deadline.js'
import type { HeldRing } from './held-ring.js'
import type { Ring } from './ring.js'

/** A store that has less than this process has seen. */
export interface SetBack {
  readonly held: HeldRing
  /** The version in the store, 0 for none. */
  readonly fromVersion: number
  readonly store: SigningKeyStore
  within<T>(what: string, work: () => Promise<T>): Promise<T>
  toSealed(ring: Ring): Promise<Uint8Array>
}

/** A service has some ten changes a year and algorithm. */
const MOST_VERSIONS = 10_000

/**
 * Writes the newest ring again to a store that was set back, emptied, or lost it in a failover: version by version, because
 * that is all that a store takes, up to the very document that is held.
 *
 * Rejects where somebody else writes meanwhile: the next look at the store finds out.
 */
export async function restore({ held, fromVersion, store, within, toSealed }: SetBack): Promise<void> {
  const { version: toVersion } = held.ring
  if (toVersion - fromVersion > MOST_VERSIONS) throw unavailable({ refusal: 'set-back', fromVersion })
  for (let version = fromVersion + 1; version <= toVersion; version++) {
    const bytes = version === toVersion ? held.bytes : await toSealed({ ...held.ring, version })
    const isWritten = await within('store', () => store.compareAndSet(version - 1, { version, bytes }))
    if (!isWritten) throw unavailable({ refusal: 'set-back', fromVersion: version - 1 })
  }
}
