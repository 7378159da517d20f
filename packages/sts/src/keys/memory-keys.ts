import type { SigningKeyStore, VersionedBytes } from '@countersign/core'

/**
 * Keeps signing keys in this process alone: for development and tests. A restart, or a second replica, knows nothing of them, and
 * every token of before stops verifying.
 */
export function memoryKeys(): SigningKeyStore {
  let held: VersionedBytes | undefined
  return {
    async read() {
      return held && { version: held.version, bytes: Uint8Array.from(held.bytes) }
    },
    async compareAndSet(expected, { version, bytes }) {
      if ((held?.version ?? 0) !== expected) return false
      held = { version, bytes: Uint8Array.from(bytes) }
      return true
    },
  }
}
