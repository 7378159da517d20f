import type { RevocationQuery, RevocationStore } from '../ports.js'

/** Says what is revoked; each record for as long as a token that it concerns could be taken. */
export interface MemoryRevocationStore extends RevocationStore {
  isRevoked(token: RevocationQuery): boolean
  /** Revokes one token by its `jti`; until it expires, where that is given in seconds since the epoch, with two minutes for clocks. */
  revokeToken(token: {
    readonly issuer: string
    readonly tokenId: string
    readonly expiresAtSeconds?: number | undefined
  }): void
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
  /** The longest life of a token that could be revoked, in seconds: so long each record is kept, and two minutes for clocks. Default 24 h. */
  readonly maxTokenLifetimeSeconds?: number | undefined
  /**
   * Default 100,000, a tenth of them for subjects and sessions alone: clients may revoke tokens, and must not keep an operator from
   * revoking theirs. A full store throws: it must not forget a revocation in silence.
   */
  readonly maxRecords?: number | undefined
  /** Milliseconds since the epoch. */
  readonly now?: (() => number) | undefined
}

interface Revocation {
  readonly issuedBeforeSeconds: number
  readonly expiresAtMs: number
}

type Records = Map<string, Revocation>

/** So long after its end a token may still be taken somewhere: the most that a verifier bears of clocks, and as much between stores. */
const GRACE_SECONDS = 120

/** Remembers revocations in this process alone: for one instance, and for tests. Instances share theirs through Redis. */
export function memoryRevocationStore(options: MemoryRevocationOptions = {}): MemoryRevocationStore {
  const { maxTokenLifetimeSeconds = 86_400, maxRecords = 100_000, now = Date.now } = options
  if (!Number.isSafeInteger(maxRecords) || maxRecords < 1)
    throw new RangeError('memoryRevocationStore() wants maxRecords as a whole number of 1 or more')
  if (!(maxTokenLifetimeSeconds > 0))
    throw new RangeError('memoryRevocationStore() wants maxTokenLifetimeSeconds as a number above 0')
  const tokens: Records = new Map()
  const others: Records = new Map()
  const maxTokens = maxRecords - Math.floor(maxRecords / 10)
  const isFull = (records: Records): boolean =>
    tokens.size + others.size >= maxRecords || (records === tokens && tokens.size >= maxTokens)
  const makeRoom = (records: Records): void => {
    if (!isFull(records)) return
    for (const each of [tokens, others]) sweep(each, now())
    if (isFull(records))
      throw new RangeError(`The revocation store holds its ${maxRecords} records: raise maxRecords, or share a store`)
  }
  const put = (records: Records, key: string, issuedBeforeSeconds: number, expiresAtSeconds = Infinity): void => {
    // No time is before what is not a number: the record would revoke nothing.
    if (Number.isNaN(issuedBeforeSeconds)) throw new RangeError('issuedBeforeSeconds wants seconds since the epoch')
    if (Number.isNaN(expiresAtSeconds)) throw new RangeError('expiresAtSeconds wants seconds since the epoch')
    if (!records.has(key)) makeRoom(records)
    const earlier = find(records, key, now())
    const latestSeconds = Math.min(now() / 1_000 + maxTokenLifetimeSeconds, expiresAtSeconds)
    const expiresAtMs = (latestSeconds + GRACE_SECONDS) * 1_000
    records.set(key, {
      issuedBeforeSeconds: Math.max(earlier?.issuedBeforeSeconds ?? 0, issuedBeforeSeconds),
      expiresAtMs: Math.max(earlier?.expiresAtMs ?? 0, expiresAtMs),
    })
  }
  return {
    isRevoked({ issuer, subject, tokenId, sessionId, issuedAtSeconds }) {
      if (tokenId !== undefined && find(tokens, toKey('jti', issuer, tokenId), now())) return true
      if (sessionId !== undefined && find(others, toKey('sid', issuer, sessionId), now())) return true
      const before = subject === undefined ? undefined : find(others, toKey('sub', issuer, subject), now())
      // A token that does not say when it was issued may have been issued before.
      return before !== undefined && (issuedAtSeconds === undefined || issuedAtSeconds < before.issuedBeforeSeconds)
    },
    revokeToken: ({ issuer, tokenId, expiresAtSeconds }) =>
      put(tokens, toKey('jti', issuer, tokenId), Infinity, expiresAtSeconds),
    revokeSession: ({ issuer, sessionId }) => put(others, toKey('sid', issuer, sessionId), Infinity),
    revokeSubject: ({ issuer, subject, issuedBeforeSeconds }) =>
      put(others, toKey('sub', issuer, subject), issuedBeforeSeconds ?? now() / 1_000),
    get size() {
      return tokens.size + others.size
    },
  }
}

/** Length-prefixed, so that no two pairs of issuer and name read alike. */
function toKey(kind: string, issuer: string, name: string): string {
  return `${kind}:${issuer.length}:${issuer}:${name}`
}

function find(records: Records, key: string, nowMs: number): Revocation | undefined {
  const record = records.get(key)
  return record !== undefined && record.expiresAtMs > nowMs ? record : undefined
}

function sweep(records: Records, nowMs: number): void {
  for (const [key, record] of records) if (record.expiresAtMs <= nowMs) records.delete(key)
}
