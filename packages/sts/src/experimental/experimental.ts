import type { KeySource } from '@countersign/core'

/** What of a request goes into the tokens of a trust domain. */
export interface TrustDomain {
  /** Members of `request_context`. */
  readonly context: readonly string[]
  /** Members of `request_details`. */
  readonly details: readonly string[]
}

/** The profiles that are on. */
export interface Experimental {
  /** By target, then by our client id: what it is called there. */
  readonly idJagClientIds: ReadonlyMap<string, ReadonlyMap<string, string>>
  /** Keys of those whose identity assertion grants are taken. */
  readonly idJagIssuers: ReadonlyMap<string, KeySource>
  /** By target. */
  readonly trustDomains: ReadonlyMap<string, TrustDomain>
  /** Stops reading the key sets of issuers. */
  close(): void
}
