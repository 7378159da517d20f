import type { RevocationQuery, RevocationStore } from '../ports.js'

/** Says what is revoked; each record for as long as a token that it concerns could live. */
export interface MemoryRevocationStore extends RevocationStore {
  isRevoked(token: RevocationQuery): boolean
  /** Revokes one token by its `jti`. */
  revokeToken(token: { readonly issuer: string; readonly tokenId: string }): void
  /** Revokes every token of a session by its `sid`. */
  revokeSession(session: { readonly issuer: string; readonly sessionId: string }): void
  /**
   * Revokes every token of a subject, by its `sub`, that was issued before a time, or can have been: clocks differ, and one that was
   * issued less than the asker's tolerance (5 s) after it counts as issued before. Whoever signs in again within these seconds is asked
   * again. Default: now.
   */
  revokeSubject(subject: {
    readonly issuer: string
    readonly subject: string
    readonly issuedBeforeSeconds?: number | undefined
  }): void
  readonly size: number
}

/** Bounds of a {@link MemoryRevocationStore}. */
export interface MemoryRevocationOptions {
  /** The longest life of a token that could be revoked, in seconds. Default 24 h. */
  readonly maxTokenLifetimeSeconds?: number | undefined
  /** Default 100,000. A full store throws: it must not forget a revocation in silence. */
  readonly maxRecords?: number | undefined
  /** Milliseconds since the epoch. */
  readonly now?: (() => number) | undefined
}

interface Revocation {
  readonly issuedBeforeSeconds: number
  readonly expiresAtMs: number
}

/** Remembers revocations in this process alone: for one instance, and for tests. Instances share theirs through Redis. */
export function memoryRevocationStore(options: MemoryRevocationOptions = {}): MemoryRevocationStore {
  const { maxTokenLifetimeSeconds = 86_400, maxRecords = 100_000, now = Date.now } = options
  if (!Number.isSafeInteger(maxRecords) || maxRecords < 1)
    throw new RangeError('memoryRevocationStore() wants maxRecords as a whole number of 1 or more')
  if (!(maxTokenLifetimeSeconds > 0))
    throw new RangeError('memoryRevocationStore() wants maxTokenLifetimeSeconds as a number above 0')
  const records = new Map<string, Revocation>()
  const put = (key: string, issuedBeforeSeconds: number): void => {
    // No time is before what is not a number: the record would revoke nothing.
    if (Number.isNaN(issuedBeforeSeconds)) throw new RangeError('issuedBeforeSeconds wants seconds since the epoch')
    if (!records.has(key) && records.size >= maxRecords) sweep(records, now())
    if (!records.has(key) && records.size >= maxRecords) {
      throw new RangeError(`The revocation store holds its ${maxRecords} records: raise maxRecords, or share a store`)
    }
    const earlier = find(records, key, now())?.issuedBeforeSeconds ?? 0
    records.set(key, {
      issuedBeforeSeconds: Math.max(earlier, issuedBeforeSeconds),
      expiresAtMs: now() + maxTokenLifetimeSeconds * 1_000,
    })
  }
  return {
    isRevoked({ issuer, subject, tokenId, sessionId, issuedAtSeconds }) {
      if (tokenId !== undefined && find(records, toKey('jti', issuer, tokenId), now())) return true
      if (sessionId !== undefined && find(records, toKey('sid', issuer, sessionId), now())) return true
      const before = subject === undefined ? undefined : find(records, toKey('sub', issuer, subject), now())
      // A token that does not say when it was issued may have been issued before.
      return before !== undefined && (issuedAtSeconds === undefined || issuedAtSeconds < before.issuedBeforeSeconds)
    },
    revokeToken: ({ issuer, tokenId }) => put(toKey('jti', issuer, tokenId), Infinity),
    revokeSession: ({ issuer, sessionId }) => put(toKey('sid', issuer, sessionId), Infinity),
    revokeSubject: ({ issuer, subject, issuedBeforeSeconds }) =>
      put(toKey('sub', issuer, subject), issuedBeforeSeconds ?? now() / 1_000),
    get size() {
      return records.size
    },
  }
}

/** Length-prefixed, so that no two pairs of issuer and name read alike. */
function toKey(kind: string, issuer: string, name: string): string {
  return `${kind}:${issuer.length}:${issuer}:${name}`
}

function find(records: Map<string, Revocation>, key: string, nowMs: number): Revocation | undefined {
  const record = records.get(key)
  return record !== undefined && record.expiresAtMs > nowMs ? record : undefined
}

function sweep(records: Map<string, Revocation>, nowMs: number): void {
  for (const [key, record] of records) if (record.expiresAtMs <= nowMs) records.delete(key)
}
