import type { Payload } from '../steps/claim-types.js'

/** What a mapping found in one payload. Lists are frozen. */
export interface Mapped {
  readonly subject: string | undefined
  readonly clientId: string | undefined
  readonly tenant: string | undefined
  readonly scopes: readonly string[]
  readonly roles: readonly string[]
  readonly permissions: readonly string[]
  readonly groups: readonly string[]
  readonly attributes: Readonly<Record<string, unknown>>
}

/** A compiled mapping. @throws AuthenticationError `ERR_TOKEN_MAPPING` where a mapping function throws or returns what it must not */
export type Mapper = (payload: Payload) => Mapped

/** What an issuer may say at most, as sets; `undefined` sets no bound. */
export interface GrantRules {
  readonly scopes: ReadonlySet<string> | undefined
  readonly roles: ReadonlySet<string> | undefined
  readonly permissions: ReadonlySet<string> | undefined
  readonly groups: ReadonlySet<string> | undefined
  readonly tenants: ReadonlySet<string> | undefined
  /** Whether there is no bound at all. */
  readonly unbounded: boolean
}
