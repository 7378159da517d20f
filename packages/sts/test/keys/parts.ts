import type { AuditEntry, AuditRecorder, Logger, SigningKeyStore, VersionedBytes } from '@countersign/core'
import type { Ring, RotationRules } from '../../src/keys/ring.js'

export const MINUTE_MS = 60_000
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS
export const START_MS = Date.UTC(2026, 10, 24)

/** The defaults: 24 h, 30 d, 24 h, tokens of an hour, a margin of 5 min and 5 s. */
export const rules: RotationRules = {
  algorithms: ['ES256'],
  pendingMs: DAY_MS,
  activeMs: 30 * DAY_MS,
  retiringMs: DAY_MS,
  denyMs: HOUR_MS + 305_000,
  marginMs: 305_000,
}

/** Each key of a ring as `<kid> <state>`, in the order of its kids, for rings whose kids are words. */
export function toStates(ring: Ring): string[] {
  return ring.records.map(({ kid, state }) => `${kid} ${state}`).toSorted()
}

/** A recorder that keeps what it was given, and can be told to refuse. */
export interface TestRecorder extends AuditRecorder {
  readonly entries: AuditEntry[]
  failure: Error | undefined
}

export function createRecorder(): TestRecorder {
  const entries: AuditEntry[] = []
  return {
    entries,
    failure: undefined,
    async record(entry) {
      if (this.failure !== undefined) throw this.failure
      entries.push(entry)
    },
    fingerprint: () => 'hmac256:test:none',
  }
}

/** A logger that keeps its lines: `<level> <message>`. */
export function createTestLogger(): Logger & { readonly lines: string[] } {
  const lines: string[] = []
  const at =
    (level: string): Logger['debug'] =>
    (message) =>
      void lines.push(`${level} ${message}`)
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

/** A store of a test: somebody else can write to it, take it away, and slow it down. */
export interface TestStore extends SigningKeyStore {
  document: VersionedBytes | undefined
  /** What `read` and `compareAndSet` do first. */
  before: (operation: 'read' | 'write') => Promise<void>
  /** What `compareAndSet` does once it has written. */
  after: () => Promise<void>
  reads: number
  /** Documents that were written, in their order. */
  readonly written: VersionedBytes[]
}

export function createTestStore(): TestStore {
  return {
    document: undefined,
    before: async () => {},
    after: async () => {},
    reads: 0,
    written: [],
    async read() {
      await this.before('read')
      this.reads += 1
      return this.document
    },
    async compareAndSet(expected, next) {
      await this.before('write')
      if ((this.document?.version ?? 0) !== expected) return false
      this.document = next
      this.written.push(next)
      await this.after()
      return true
    },
  }
}
