import { createTestClock } from '@countersign/testing'
import type { TestClock } from '@countersign/testing'
import { UpstreamError } from '../../src/errors.js'
import { toKeySet } from '../../src/keys/key-set.js'
import type { KeySet } from '../../src/keys/key-set.js'
import type { KeysReader, KeysReading } from '../../src/keys/keys-reader.js'
import { createRemoteKeySource } from '../../src/keys/remote-key-source.js'
import type { KeySource } from '../../src/ports.js'
import type { KeyCacheRules } from '../../src/rules.js'
import type { Logger } from '../../src/runtime.js'
import { network } from '../http/fetching.js'
import { toJwks } from './jwks.js'
import type { Pair } from './jwks.js'

export const issuer = 'https://login.example'

export const keyCache: KeyCacheRules = {
  minAgeMs: 60_000,
  defaultAgeMs: 300_000,
  maxAgeMs: 3_600_000,
  cooldownMs: 5_000,
  maxStaleMs: 3_600_000,
}

/** A line that somebody logged. */
export interface Line {
  readonly level: keyof Logger
  readonly message: string
  readonly detail: Readonly<Record<string, unknown>> | undefined
}

/** A logger that keeps its lines. */
export function createKeepingLogger(): Logger & { readonly lines: readonly Line[] } {
  const lines: Line[] = []
  const keep =
    (level: keyof Logger): Logger['debug'] =>
    (message, detail) =>
      void lines.push({ level, message, detail })
  return { lines, debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') }
}

/** One fetch that the source began and that the test ends as it likes. */
export interface ScriptedRead {
  readonly held: KeySet | undefined
  readonly signal: AbortSignal
  /** Answers a set of these keys. */
  answer(pairs: readonly Pair[], lifetimeMs?: number): Promise<void>
  /** Confirms the set at hand. */
  confirm(lifetimeMs?: number): Promise<void>
  fail(reason?: 'ERR_UPSTREAM_NETWORK' | 'ERR_KEYS_EMPTY' | 'ERR_KEYS_MALFORMED'): Promise<void>
}

export interface Scripted {
  readonly source: KeySource
  readonly clock: TestClock
  /** Every fetch so far, the oldest first. */
  readonly reads: readonly ScriptedRead[]
  readonly lines: readonly Line[]
}

/** A key source on a clock that stands still, whose fetches hang until the test ends them. */
export function createScripted(rules: Partial<KeyCacheRules> = {}, timeoutMs = 3_000): Scripted {
  const clock = createTestClock()
  const reads: ScriptedRead[] = []
  const logger = createKeepingLogger()
  const read: KeysReader = (held, signal) =>
    new Promise<KeysReading>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
      reads.push({
        held,
        signal,
        async answer(pairs, lifetimeMs = 300_000) {
          resolve({ set: toKeySet(toJwks(...pairs), held), unchanged: false, lifetimeMs })
          await settle()
        },
        async confirm(lifetimeMs = 300_000) {
          if (held === undefined) throw new Error('nothing to confirm')
          resolve({ set: held, unchanged: true, lifetimeMs })
          await settle()
        },
        async fail(reason = 'ERR_UPSTREAM_NETWORK') {
          reject(new UpstreamError(reason))
          await settle()
        },
      })
    })
  const runtime = { ...clock, fetch: undefined }
  const context = { network: { ...network, timeoutMs }, keyCache: { ...keyCache, ...rules }, runtime, logger }
  return { source: createRemoteKeySource(issuer, read, context), clock, reads, lines: logger.lines }
}

/** Lets everything that is ready happen. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
