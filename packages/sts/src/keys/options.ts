import type { AuditRecorder, Logger, Runtime, SigningKeyStore } from '@countersign/core'
import type { KeyWrapper } from './key-wrapper.js'
import type { SigningAlgorithm } from './signing-keys.js'

/** Options of {@link createSigningKeys}. */
export interface SigningKeysOptions {
  /** Shared by every replica: `fileKeys`, `redisKeys`, `postgresKeys`; `memoryKeys` for one process. */
  readonly store: SigningKeyStore
  /** Seals what lies in the store: `localKeyWrapper(secrets)`, or one that asks a KMS. */
  readonly wrapper: KeyWrapper
  /** Sealed in with the keys: two services with the same secrets cannot be given each other's. Default `signing-keys`. */
  readonly name?: string | undefined
  /** Each has keys of its own. One that is added later signs once its first key was published for `pendingMs`. Default `ES256` alone. */
  readonly algorithms?: readonly SigningAlgorithm[] | undefined
  /** Published before it signs, in milliseconds, at least 15 min. Default 86,400,000 (24 h). */
  readonly pendingMs?: number | undefined
  /** Signs, in milliseconds, at most 90 d. Default 2,592,000,000 (30 d). */
  readonly activeMs?: number | undefined
  /** Published after it signed last, in milliseconds. Default 24 h, or what the longest token needs if that is more. */
  readonly retiringMs?: number | undefined
  /** The longest life of a token that these keys sign, in seconds: no target's may be longer. Default 3,600. */
  readonly maxTokenLifetimeSeconds?: number | undefined
  /** How far clocks of replicas and verifiers may be apart, in seconds, at most 60. Default 5. */
  readonly clockToleranceSeconds?: number | undefined
  /** How long the slowest verifier keeps a key set, in seconds, beside what HTTP lets it keep. Default 600: jose. */
  readonly verifierCacheSeconds?: number | undefined
  /** Between two looks at the store, in milliseconds. Default 10,000. */
  readonly refreshMs?: number | undefined
  /** How long keys are used without the store: in that time a revocation would be missed. Milliseconds, at most 5 min. Default 300,000 (5 min). */
  readonly maxStaleMs?: number | undefined
  /** How long anybody waits for one answer of the store, the wrapper or the audit trail, in milliseconds. Default 2,000. */
  readonly deadlineMs?: number | undefined
  /** Has each change of a key before it counts. Default: nobody has. */
  readonly audit?: AuditRecorder | undefined
  /** Hears what an operator should know. Default: nobody does. */
  readonly logger?: Logger | undefined
  /** Clocks, for tests and simulations: `fetch` is not used. */
  readonly runtime?: Partial<Runtime> | undefined
}
