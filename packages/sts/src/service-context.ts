import type { AuditRecorder, Logger, ReplayStore, Runtime, SubjectTokenVerifier, Verifier } from '@countersign/core'
import type { ResolvedClient } from './clients/client.js'
import type { Experimental } from './experimental/experimental.js'
import type { SigningKeys } from './keys/signing-keys.js'
import type { TokenRevocations } from './options.js'
import type { Policy } from './policy/read-policy.js'
import type { Targets } from './policy/targets.js'
import type { Trust } from './policy/trust.js'
import type { StandingRules } from './subject/standing.js'

/** What every grant of one token service works with: its options, read and checked. Frozen. */
export interface ServiceContext {
  /** The issuer identifier: `iss` of every token, and the namespace of client ids. */
  readonly issuer: string
  readonly signingKeys: SigningKeys
  readonly verifier: Verifier<unknown> | undefined
  /** By the URN of each token type that they take. */
  readonly subjectTokenVerifiers: ReadonlyMap<string, SubjectTokenVerifier>
  readonly clients: readonly ResolvedClient[]
  readonly trust: Trust
  readonly targets: Targets
  readonly policy: Policy
  readonly audit: AuditRecorder
  readonly replayStore: ReplayStore
  readonly revocations: TokenRevocations | undefined
  readonly maxActorDepth: number
  readonly minTokenLifetimeSeconds: number
  readonly clockToleranceSeconds: number
  /** For tokens of other issuers: the clocks of those are for the verifier to bear. */
  readonly foreignStanding: StandingRules
  readonly experimental: Experimental
  readonly logger: Logger
  readonly runtime: Runtime
}
