import type { AuditRecorder, Logger, SigningKeyStore } from '@countersign/core'
import {
  invalid,
  list,
  logger,
  methods,
  number,
  oneOf,
  optional,
  readTable,
  required,
  silentLogger,
  text,
} from '@countersign/core/adapter'
import type { Clock, Kind, OptionTable } from '@countersign/core/adapter'
import type { KeyWrapper } from './key-wrapper.js'
import type { SigningKeysOptions } from './options.js'
import type { RotationTimes } from './rotation-rules.js'
import { toRotationRules } from './rotation-rules.js'
import type { RotationRules } from './ring.js'
import type { SigningAlgorithm } from './signing-keys.js'

/** Options of signing keys as read. */
export interface ReadSigningKeysOptions {
  readonly store: SigningKeyStore
  readonly wrapper: KeyWrapper
  readonly name: string
  readonly rules: RotationRules
  readonly maxTokenLifetimeSeconds: number
  readonly refreshMs: number
  readonly maxStaleMs: number
  readonly deadlineMs: number
  readonly audit: AuditRecorder | undefined
  readonly logger: Logger
  readonly clock: Clock
}

interface Table extends RotationTimes, Omit<ReadSigningKeysOptions, 'rules' | 'clock'> {
  readonly runtime: Clock
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

const systemClock: Clock = { now: () => Date.now(), monotonicNow: () => performance.now() }

/** As of a verifier: an object of the caller's, with members of its own. */
const clock: Kind<Clock> = {
  wants: 'an object with now() or monotonicNow()',
  read(value, option) {
    if (typeof value !== 'object' || value === null)
      throw invalid({ option, got: value, wants: this.wants, fix: 'Leave it out for the clocks of this process.' })
    const method = (name: keyof Clock): (() => number) => {
      const found = (value as Readonly<Record<string, unknown>>)[name]
      if (found === undefined) return systemClock[name]
      if (typeof found === 'function') return found.bind(value) as () => number
      const fix = 'Pass a function, or leave it out.'
      throw invalid({ option: `${option}.${name}`, got: found, wants: 'a function', fix })
    }
    return { now: method('now'), monotonicNow: method('monotonicNow') }
  },
}

const ALGORITHMS = ['ES256', 'ES384', 'Ed25519', 'RS256', 'PS256'] as const

/** Every option of `createSigningKeys`. */
export const SIGNING_KEYS_TABLE: OptionTable<Table> = {
  store: required(methods<SigningKeyStore>('a store of signing keys', ['read', 'compareAndSet'])),
  wrapper: required(methods<KeyWrapper>('a key wrapper', ['wrap', 'unwrap'])),
  name: optional(text('the name of the keys', 128), 'signing-keys'),
  algorithms: optional<readonly SigningAlgorithm[]>(
    list(oneOf(ALGORITHMS), `a list of ${ALGORITHMS.join(', ')}`),
    Object.freeze(['ES256'] as const),
  ),
  pendingMs: optional(number('milliseconds', 1, 90 * DAY_MS), DAY_MS),
  activeMs: optional(number('milliseconds', 1, 90 * DAY_MS), 30 * DAY_MS),
  retiringMs: optional(number('milliseconds', 1, 366 * DAY_MS)),
  maxTokenLifetimeSeconds: optional(number('seconds', 10, 366 * 86_400), 3_600),
  clockToleranceSeconds: optional(number('seconds', 0, 60), 5),
  verifierCacheSeconds: optional(number('seconds', 0, 86_400), 600),
  refreshMs: optional(number('milliseconds', 10, 60_000), 10_000),
  maxStaleMs: optional(number('milliseconds', 1_000, 300_000), 300_000),
  deadlineMs: optional(number('milliseconds', 10, 10_000), 2_000),
  audit: optional(methods<AuditRecorder>('an audit recorder', ['record'])),
  logger: optional(logger, silentLogger),
  runtime: optional(clock, systemClock),
}

/** @throws ConfigurationError naming the option */
export function readSigningKeysOptions(options: SigningKeysOptions): ReadSigningKeysOptions {
  const read = readTable(SIGNING_KEYS_TABLE, options, '')
  const { store, wrapper, name, maxTokenLifetimeSeconds, refreshMs, maxStaleMs, deadlineMs, audit, runtime } = read
  return {
    store,
    wrapper,
    name,
    rules: toRotationRules(read),
    maxTokenLifetimeSeconds,
    refreshMs,
    maxStaleMs,
    deadlineMs,
    audit,
    logger: read.logger,
    clock: runtime,
  }
}
