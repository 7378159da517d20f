import type { AuditSink, Logger } from '@countersign/core'
import {
  flag,
  invalid,
  list,
  listOrNone,
  logger,
  methods,
  number,
  optional,
  readTable,
  required,
  silentLogger,
  table,
  text,
} from '@countersign/core/adapter'
import type { Kind, OptionTable } from '@countersign/core/adapter'
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import type { CheckpointRules } from './chain/checkpoints.js'
import { checkpointKey } from './chain/signer.js'
import type { QueueRules } from './delivery/queue.js'
import type { HmacKey } from './fingerprint.js'
import { clock, fingerprintKey, share } from './option-kinds.js'
import type { AuditTrailOptions } from './options.js'

/** Both clocks, in milliseconds. */
export interface Clocks {
  now(): number
  monotonicNow(): number
}

/** Options as read. */
export interface ReadTrailOptions {
  readonly service: { readonly name: string; readonly version: string; readonly instance: string | undefined }
  readonly required: { readonly sinks: readonly AuditSink[]; readonly quorum: number; readonly timeoutMs: number }
  readonly bestEffort: readonly AuditSink[]
  readonly fingerprintKeys: readonly [HmacKey, ...HmacKey[]]
  readonly sampling: { readonly 'authn.success': number }
  readonly denials: { readonly perSecond: number; readonly burst: number; readonly countSeconds: number }
  readonly checkpoints: (CheckpointRules & { readonly sink: AuditSink }) | undefined
  readonly privacy: { readonly pseudonymousSubjects: boolean; readonly shortAddresses: boolean }
  readonly queue: QueueRules
  readonly logger: Logger
  readonly runtime: Clocks
}

const durabilities: readonly string[] = ['none', 'os', 'disk', 'replicated']

const sink: Kind<AuditSink> = {
  wants: 'an audit sink',
  read(value, option) {
    const held = methods<AuditSink>(this.wants, ['write']).read(value, option)
    text('a name', 64).read(held.name, `${option}.name`)
    if (durabilities.includes(held.durability)) return held
    const fix = 'Say what holds once write() has resolved: "none", "os", "disk" or "replicated".'
    throw invalid({ option: `${option}.durability`, got: held.durability, wants: 'a durability', fix })
  },
}

/** A sink that keeps nothing must not be waited for: it would say yes to what is lost. */
const keepingSink: Kind<AuditSink> = {
  wants: 'an audit sink that keeps what it takes',
  read(value, option) {
    const held = sink.read(value, option)
    if (held.durability !== 'none') return held
    const fix = 'Name it under "bestEffort", and require a file or a database.'
    throw invalid({ option, got: `a sink of durability "none"`, wants: this.wants, fix })
  },
}

const MOST_KEYS = 8

const fingerprintKeys: Kind<ReadTrailOptions['fingerprintKeys']> = {
  wants: 'a list of 1 to 8 keys',
  read(value, option) {
    if (Array.isArray(value) && value.length > MOST_KEYS) {
      const fix = 'Drop the oldest: findInTrail() is given keys of its own.'
      throw invalid({ option, got: value, wants: this.wants, fix, secret: true })
    }
    const [first, ...others] = list(fingerprintKey, this.wants).read(value, option)
    const ids = new Set([first, ...others].map((key) => key?.id))
    if (first !== undefined && ids.size === others.length + 1) return [first, ...others]
    const fix = 'Which key made a fingerprint could not be told.'
    throw invalid({ option, got: value, wants: 'a different id for each key', fix, secret: true })
  },
}

const SERVICE: OptionTable<ReadTrailOptions['service']> = {
  name: required(text('the name of the service', 64)),
  version: required(text('its version', 64)),
  instance: optional(text('a name for this process', 128)),
}

const REQUIRED: OptionTable<ReadTrailOptions['required']> = {
  sinks: required(list(keepingSink, 'a list of audit sinks')),
  quorum: optional(number('sinks', 1, 16, true), 1),
  timeoutMs: optional(number('milliseconds', 10, 10_000), 250),
}

const SAMPLING: OptionTable<ReadTrailOptions['sampling']> = {
  'authn.success': optional(share(0, 1), 1),
}

const DENIALS: OptionTable<ReadTrailOptions['denials']> = {
  perSecond: optional(number('events a second', 1, 10_000), 50),
  burst: optional(number('events', 1, 100_000, true), 200),
  countSeconds: optional(number('seconds', 1, 3_600), 10),
}

const CHECKPOINTS: OptionTable<CheckpointRules & { readonly sink: AuditSink }> = {
  key: required(checkpointKey),
  sink: required(keepingSink),
  everyEvents: optional(number('events', 1, 1_000_000, true), 1_000),
  everySeconds: optional(number('seconds', 1, 86_400), 60),
}

const PRIVACY: OptionTable<ReadTrailOptions['privacy']> = {
  pseudonymousSubjects: optional(flag, false),
  shortAddresses: optional(flag, false),
}

const QUEUE: OptionTable<QueueRules> = {
  maxEvents: optional(number('events', 16, 1_000_000, true), 8_192),
  maxBytes: optional(number('bytes', 65_536, 1_073_741_824, true), 16_777_216),
  reservedShare: optional(share(0.1, 0.9), 0.25),
}

const CLOCKS: OptionTable<Clocks> = {
  now: optional(clock, () => Date.now()),
  monotonicNow: optional(clock, () => performance.now()),
}

const TRAIL: OptionTable<ReadTrailOptions> = {
  service: required(table(SERVICE)),
  required: required(table(REQUIRED)),
  bestEffort: optional(listOrNone(sink, 'a list of audit sinks'), []),
  fingerprintKeys: required(fingerprintKeys),
  sampling: optional(table(SAMPLING), readTable(SAMPLING, {}, 'sampling')),
  denials: optional(table(DENIALS), readTable(DENIALS, {}, 'denials')),
  checkpoints: optional(table(CHECKPOINTS)),
  privacy: optional(table(PRIVACY), readTable(PRIVACY, {}, 'privacy')),
  queue: optional(table(QUEUE), readTable(QUEUE, {}, 'queue')),
  logger: optional(logger, silentLogger),
  runtime: optional(table(CLOCKS), readTable(CLOCKS, {}, 'runtime')),
}

/** @throws ConfigurationError naming the option */
export function readTrailOptions(options: AuditTrailOptions): ReadTrailOptions {
  const read = readTable(TRAIL, options, '')
  const { required: wanted, bestEffort, checkpoints } = read
  if (wanted.quorum > wanted.sinks.length) {
    const fix = `There are ${wanted.sinks.length}: nothing could ever be recorded.`
    throw invalid({ option: 'required.quorum', got: wanted.quorum, wants: 'no more than there are sinks', fix })
  }
  const sinks = [...wanted.sinks, ...bestEffort]
  if (checkpoints !== undefined && sinks.includes(checkpoints.sink)) {
    const fix = 'Whoever rewrites events in a sink would rewrite their checkpoints with them.'
    throw invalid({ option: 'checkpoints.sink', got: checkpoints.sink, wants: 'a sink of its own', fix })
  }
  const names = [...sinks, ...(checkpoints === undefined ? [] : [checkpoints.sink])].map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) {
    const fix = 'Events of the trail tell sinks by their names.'
    throw invalid({ option: 'required.sinks', got: twice, wants: 'a name of its own for each sink', fix })
  }
  return read
}

/** A name that no other process has: of two streams, who wrote which must be known. */
export function toInstance(given: string | undefined): string {
  return given ?? `${hostname().slice(0, 64)}-${randomBytes(4).toString('hex')}`
}
