import type { AlgorithmName } from '../algorithms.js'
import type { KeySourceContext } from '../keys/key-source.js'
import type { AuditRecorder, ReplayStore, RevocationStore } from '../ports.js'
import type { KeyCacheRules, Limits, NetworkRules } from '../rules.js'
import { silentLogger, systemRuntime } from '../runtime.js'
import type { Logger, Runtime } from '../runtime.js'
import { audience } from './audience-kind.js'
import { DPOP_TABLE } from './dpop.js'
import type { ReadDpop } from './dpop.js'
import type { ReadAudience } from './audience-kind.js'
import { invalid } from './fail.js'
import {
  flag,
  list,
  listOrNone,
  methods,
  number,
  oneOf,
  optional,
  readTable,
  required,
  table,
  text,
  toRows,
} from './kinds.js'
import type { Kind, OptionTable } from './kinds.js'
import { ALGORITHM_NAMES, algorithms } from './algorithms-kind.js'
import { issuer } from './issuer-table.js'
import type { ReadIssuer } from './issuer-table.js'
import { logger } from './logger-kind.js'
import type { IssuerOptions } from './options.js'

/** The verifier's options as read, before they are put together. */
export interface ReadOptions {
  readonly audience: ReadAudience
  readonly audienceMatch: 'any' | 'exact'
  readonly issuers: readonly (string | ReadIssuer)[]
  readonly resolveIssuer: ResolveIssuer | undefined
  readonly claims: unknown
  readonly algorithms: readonly AlgorithmName[]
  readonly clockToleranceSeconds: number
  readonly maxTokenAgeSeconds: number | undefined
  readonly maxTokenLifetimeSeconds: number | undefined
  readonly limits: Limits
  readonly network: NetworkRules
  readonly keyCache: KeyCacheRules
  readonly tokenCache: TokenCacheRules | undefined
  readonly revocationStore: RevocationStore | undefined
  readonly dpop: ReadDpop | undefined
  readonly replayStore: ReplayStore | undefined
  readonly audit: AuditRecorder | undefined
  readonly logger: Logger
  readonly realm: string
  readonly publicUrl: readonly string[]
  readonly dangerouslyTrustRequestHost: boolean
  readonly dangerouslyTrustResolvedHosts: boolean
  readonly runtime: Runtime
}

/** What an application answers for an issuer that is not listed. */
export type ResolveIssuer = (issuer: string) => IssuerOptions | undefined | Promise<IssuerOptions | undefined>

/** Bounds of the cache of verified tokens. */
export interface TokenCacheRules {
  readonly maxEntries: number
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
    const given = Array.isArray(value) ? value : [value]
    const texts = list(text(this.wants, 1_048_576), this.wants).read(given, option)
    const path = texts.find((pem) => !pem.includes('-----BEGIN'))
    if (path === undefined) return texts
    throw invalid({
      option,
      got: path,
      wants: this.wants,
      fix: "Pass the text: readFileSync(path, 'utf8').",
      secret: true,
    })
  },
}

/** A name, and no URL. */
const httpHost: Kind<string> = {
  wants: 'a host name, with its port',
  read(value, option) {
    const host = text(this.wants).read(value, option)
    if (!host.includes('/')) return host
    const fix = URL.canParse(host) ? `Write ${JSON.stringify(new URL(host).host)}.` : 'Leave out scheme and path.'
    throw invalid({ option, got: host, wants: this.wants, fix })
  },
}

const NETWORK_TABLE: OptionTable<NetworkRules> = {
  timeoutMs: optional(number('milliseconds', 1, 60_000), 3_000),
  maxBytes: optional(number('bytes', 1_024, 16_777_216, true), 524_288),
  allowInsecureLoopback: optional(flag, false),
  ca: optional(certificates),
  proxyUrl: optional(text('the URL of an HTTP proxy')),
  dangerouslyAllowHttpHosts: optional(listOrNone(httpHost, 'a list of host names'), []),
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
      throw invalid({
        option: `${option}.${name}`,
        got: found,
        wants: 'a function',
        fix: 'Pass a function, or leave it out.',
      })
    }
    return Object.freeze({
      now: method('now', systemRuntime.now),
      monotonicNow: method('monotonicNow', systemRuntime.monotonicNow),
      fetch: method('fetch', systemRuntime.fetch),
    })
  },
}

/** What whoever reads key sets of others goes by. */
export const KEY_SOURCE_TABLE: OptionTable<Omit<KeySourceContext, 'audit'>> = {
  network: optional(table(NETWORK_TABLE), readTable(NETWORK_TABLE, {}, 'network')),
  keyCache: optional(table(KEY_CACHE_TABLE), readTable(KEY_CACHE_TABLE, {}, 'keyCache')),
  logger: optional(logger, silentLogger),
  runtime: optional(runtime, systemRuntime),
}

/** Whatever the realm holds stands in every challenge, inside quotes. */
const realm: Kind<string> = {
  wants: 'printable ASCII without quotes and backslashes',
  read(value, option) {
    if (typeof value === 'string' && /^[\x20\x21\x23-\x5B\x5D-\x7E]{1,128}$/.test(value)) return value
    throw invalid({ option, got: value, wants: this.wants, fix: 'A short name of this API will do, such as "api".' })
  },
}

const resolveIssuer: Kind<ResolveIssuer> = {
  wants: 'a function from an issuer to its options',
  read(value, option) {
    if (typeof value === 'function') return value as ResolveIssuer
    throw invalid({
      option,
      got: value,
      wants: this.wants,
      fix: 'List issuers that are known from the start under "issuers".',
    })
  },
}

const TOKEN_CACHE_TABLE: OptionTable<TokenCacheRules> = {
  maxEntries: optional(number('entries', 1, 1_000_000, true), 5_000),
}

const tokenCache: Kind<TokenCacheRules | undefined> = {
  wants: 'false, or { maxEntries }',
  rows: toRows(TOKEN_CACHE_TABLE),
  read(value, option) {
    return value === false ? undefined : readTable(TOKEN_CACHE_TABLE, value, option, { wants: this.wants })
  },
}

/** Where clients reach this API. The first builds URLs; a proof may name any. */
const publicUrl: Kind<readonly string[]> = {
  wants: 'an https URL without query and fragment, or a list of such URLs',
  read(value, option) {
    const values = list(text(this.wants), this.wants).read(Array.isArray(value) ? value : [value], option)
    for (const entry of values) {
      const url = URL.canParse(entry) ? new URL(entry) : undefined
      const http = url?.protocol === 'https:' || url?.protocol === 'http:'
      if (http && !/[?#\s]/.test(entry) && url.username === '' && url.password === '') continue
      throw invalid({
        option,
        got: entry,
        wants: this.wants,
        fix: 'As clients see it, such as "https://api.example.com/v1".',
      })
    }
    return values
  },
}

/** A Standard Schema, often a function with properties, as in arktype. */
const schema: Kind<unknown> = {
  wants: 'a Standard Schema (zod, valibot, arktype, …)',
  read(value, option) {
    const standard = (value as { '~standard'?: { validate?: unknown } } | null)?.['~standard']
    if (typeof standard?.validate === 'function') return value
    throw invalid({
      option,
      got: value,
      wants: this.wants,
      fix: 'Update the library, or wrap its check in a Standard Schema.',
    })
  },
}

/** What adapters take beside the options of a verifier, and in their place. */
export const VERIFIER_PLACES: Readonly<Record<string, string>> = {
  optional:
    'It says how requests are judged, not tokens: give it to countersign() as the second argument, { optional }.',
  verifier: 'Pass the verifier itself, in place of the options.',
}

/** Every option of `createVerifier`. */
export const VERIFIER_TABLE: OptionTable<ReadOptions> = {
  audience: required(audience),
  audienceMatch: optional(oneOf(['any', 'exact']), 'any'),
  issuers: required(listOrNone(issuer, 'a list of issuers to trust')),
  resolveIssuer: optional(resolveIssuer),
  claims: optional(schema),
  algorithms: optional(algorithms, ALGORITHM_NAMES),
  clockToleranceSeconds: optional(number('seconds', 0, 60), 5),
  maxTokenAgeSeconds: optional(number('seconds', 1, Infinity)),
  maxTokenLifetimeSeconds: optional(number('seconds', 1, Infinity)),
  limits: optional(table(LIMITS_TABLE), readTable(LIMITS_TABLE, {}, 'limits')),
  network: KEY_SOURCE_TABLE.network,
  keyCache: KEY_SOURCE_TABLE.keyCache,
  tokenCache: optional(tokenCache, readTable(TOKEN_CACHE_TABLE, {}, 'tokenCache')),
  revocationStore: optional(methods<RevocationStore>('a revocation store', ['isRevoked'])),
  dpop: optional(table(DPOP_TABLE)),
  replayStore: optional(methods<ReplayStore>('a replay store', ['claim'])),
  audit: optional(methods<AuditRecorder>('an audit trail', ['record', 'fingerprint'])),
  logger: KEY_SOURCE_TABLE.logger,
  realm: optional(realm, 'api'),
  publicUrl: optional(publicUrl, []),
  dangerouslyTrustRequestHost: optional(flag, false),
  dangerouslyTrustResolvedHosts: optional(flag, false),
  runtime: KEY_SOURCE_TABLE.runtime,
}
