import type { GrantName } from './rule.js'

/** What is known of a request when the policy is asked. */
export interface Facts {
  readonly grant: GrantName
  readonly clientId: string
  /** The name of a registered target. */
  readonly target: string
  /** Whose token the subject's is; `undefined` for client credentials. */
  readonly subjectIssuer: string | undefined
  /** Whose subject it is in the first place, where the token is ours. */
  readonly originIssuer?: string | undefined
  /** `tenant`, `roles`, `groups`, `permissions`, `acr` and the mapped claims of the subject. */
  readonly claims: Readonly<Record<string, unknown>>
  /** Whether the token could not carry all of them; so it is in any case where it is ours and the subject another issuer's. */
  readonly isPartial?: boolean | undefined
}
