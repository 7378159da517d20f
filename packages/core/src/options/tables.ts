import { ALGORITHMS } from '../algorithms.js'
import type { AlgorithmName } from '../algorithms.js'
import type { ClaimRule, KeyCacheRules, Limits, NetworkRules, TokenProfile } from '../rules.js'
import { silentLogger, systemRuntime } from '../runtime.js'
import type { Logger, Runtime } from '../runtime.js'
import { audience, CLAIM_AUDIENCE } from './audience-kind.js'
import type { ReadAudience } from './audience-kind.js'
import { invalid } from './fail.js'
import { flag, list, methods, number, oneOf, optional, readTable, required, table, text } from './kinds.js'
import type { Kind, OptionTable } from './kinds.js'
import { keys } from './keys-kind.js'
import type { KeysLocation } from '../keys/key-source.js'

/** The verifier's options as read, before they are put together. */
export interface ReadOptions {
  readonly audience: ReadAudience
  readonly audienceMatch: 'any' | 'exact'
  readonly issuers: readonly (string | ReadIssuer)[]
  readonly claims: unknown
  readonly algorithms: readonly AlgorithmName[]
  readonly clockToleranceSeconds: number
  readonly maxTokenAgeSeconds: number | undefined
  readonly maxTokenLifetimeSeconds: number | undefined
  readonly limits: Limits
  readonly network: NetworkRules
  readonly keyCache: KeyCacheRules
  readonly logger: Logger
  readonly realm: string
  readonly runtime: Runtime
}

/** One issuer's options as read. */
export interface ReadIssuer {
  readonly issuer: string
  readonly keys: KeysLocation
  readonly audience: ReadAudience | undefined
  readonly algorithms: readonly AlgorithmName[] | undefined
  readonly tokenProfile: TokenProfile
  readonly clientIds: readonly string[] | undefined
  readonly requiredClaims: readonly ClaimRule[]
  readonly acceptedIssuers: readonly string[]
}

const ALGORITHM_NAMES = [...ALGORITHMS.keys()] as readonly AlgorithmName[]

const algorithms = list(
  oneOf(ALGORITHM_NAMES, 'HMAC and "none" do not exist here: whoever can verify such a token can also make one.'),
  'a list of signature algorithms',
)

const issuerName = text('the exact string of the "iss" claim')

const requiredClaim: Kind<ClaimRule> = {
  wants: 'a claim name, or { claim, oneOf }',
  read(value, option) {
    if (typeof value === 'string') return { path: [text(this.wants).read(value, option)], oneOf: undefined }
    const rule = readTable(CLAIM_AUDIENCE, value, option)
    return { path: rule.claim, oneOf: rule.oneOf }
  },
}

/** Every option of one issuer. */
export const ISSUER_TABLE: OptionTable<ReadIssuer> = {
  issuer: required(issuerName),
  keys: optional(keys, { kind: 'discovery', url: undefined }),
  audience: optional(audience),
  algorithms: optional(algorithms),
  tokenProfile: optional(oneOf(['access-token', 'rfc9068', 'id-token']), 'access-token'),
  clientIds: optional(list(text('a client identifier'), 'a list of client identifiers')),
  requiredClaims: optional(list(requiredClaim, 'a list of claim names or { claim, oneOf }'), []),
  acceptedIssuers: optional(list(issuerName, 'a list of exact "iss" strings'), []),
}

const issuer: Kind<string | ReadIssuer> = {
  wants: 'an issuer URL, or an object with "issuer"',
  read: (value, option) =>
    typeof value === 'string' ? issuerName.read(value, option) : readTable(ISSUER_TABLE, value, option),
}

const LIMITS_TABLE: OptionTable<Limits> = {
  tokenBytes: optional(number('bytes', 256, 65_536, true), 8_192),
  headerBytes: optional(number('bytes', 64, 16_384, true), 2_048),
  jsonDepth: optional(number('levels', 2, 64, true), 16),
  jsonMembers: optional(number('members', 8, 4_096, true), 256),
}

const certificates: Kind<readonly string[]> = {
  wants: 'PEM text of one or more certificate authorities',
  read(value, option) {
    const texts = Array.isArray(value) ? value : [value]
    return list(text(this.wants, 1_048_576), this.wants).read(texts, option)
  },
}

const NETWORK_TABLE: OptionTable<NetworkRules> = {
  timeoutMs: optional(number('milliseconds', 1, 60_000), 3_000),
  maxBytes: optional(number('bytes', 1_024, 16_777_216, true), 524_288),
  allowInsecureLoopback: optional(flag, false),
  ca: optional(certificates),
  proxyUrl: optional(text('the URL of an HTTP proxy')),
  dangerouslyAllowHttpHosts: optional(list(text('a host name, with its port'), 'a list of host names'), []),
}

const duration = number('milliseconds', 0, Infinity)

const KEY_CACHE_TABLE: OptionTable<KeyCacheRules> = {
  minAgeMs: optional(duration, 60_000),
  defaultAgeMs: optional(duration, 300_000),
  maxAgeMs: optional(duration, 3_600_000),
  cooldownMs: optional(duration, 5_000),
  maxStaleMs: optional(duration, 3_600_000),
}

/** Comes from code, never from a file, and may be an object of the caller's with members of its own. */
const runtime: Kind<Runtime> = {
  wants: 'an object with now(), monotonicNow() or fetch()',
  read(value, option) {
    if (typeof value !== 'object' || value === null) {
      throw invalid({ option, got: value, wants: this.wants, fix: 'Leave it out for the clocks of this process.' })
    }
    const given = value as Readonly<Record<string, unknown>>
    const method = <T>(name: keyof Runtime, fallback: T): T => {
      const found = given[name]
      if (found === undefined) return fallback
      if (typeof found === 'function') return found.bind(value) as T
      throw invalid({ option: `${option}.${name}`, got: found, wants: 'a function', fix: 'Pass a function, or leave it out.' })
    }
    return Object.freeze({
      now: method('now', systemRuntime.now),
      monotonicNow: method('monotonicNow', systemRuntime.monotonicNow),
      fetch: method('fetch', systemRuntime.fetch),
    })
  },
}

/** Whatever the realm holds stands in every challenge, inside quotes. */
const realm: Kind<string> = {
  wants: 'printable ASCII without quotes and backslashes',
  read(value, option) {
    if (typeof value === 'string' && /^[\x20\x21\x23-\x5B\x5D-\x7E]{1,128}$/.test(value)) return value
    throw invalid({ option, got: value, wants: this.wants, fix: 'A short name of this API will do, such as "api".' })
  },
}

/** A Standard Schema, often a function with properties, as in arktype. */
const schema: Kind<unknown> = {
  wants: 'a Standard Schema (zod, valibot, arktype, …)',
  read(value, option) {
    const standard = (value as { '~standard'?: { validate?: unknown } } | null)?.['~standard']
    if (typeof standard?.validate === 'function') return value
    throw invalid({ option, got: value, wants: this.wants, fix: 'Update the library, or wrap its check in a Standard Schema.' })
  },
}

/** Every option of `createVerifier`. */
export const VERIFIER_TABLE: OptionTable<ReadOptions> = {
  audience: required(audience),
  audienceMatch: optional(oneOf(['any', 'exact']), 'any'),
  issuers: required(list(issuer, 'a list of issuers to trust')),
  claims: optional(schema),
  algorithms: optional(algorithms, ALGORITHM_NAMES),
  clockToleranceSeconds: optional(number('seconds', 0, 60), 5),
  maxTokenAgeSeconds: optional(number('seconds', 1, Infinity)),
  maxTokenLifetimeSeconds: optional(number('seconds', 1, Infinity)),
  limits: optional(table(LIMITS_TABLE), readTable(LIMITS_TABLE, {}, 'limits')),
  network: optional(table(NETWORK_TABLE), readTable(NETWORK_TABLE, {}, 'network')),
  keyCache: optional(table(KEY_CACHE_TABLE), readTable(KEY_CACHE_TABLE, {}, 'keyCache')),
  logger: optional(methods<Logger>('a logger', ['debug', 'info', 'warn', 'error']), silentLogger),
  realm: optional(realm, 'api'),
  runtime: optional(runtime, systemRuntime),
}
