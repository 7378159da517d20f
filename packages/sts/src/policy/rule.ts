/** Grants that a rule may speak of, and a client may use. */
export type GrantName = 'token-exchange' | 'jwt-bearer' | 'client-credentials'

/**
 * One condition on what is known of the subject, by the names of the mapped principal. Every condition of a rule must hold. In a rule
 * that denies, one on a claim that the token could not carry counts as met: it is unknown, and not false.
 */
export interface Condition {
  /** `tenant`, `roles`, `groups`, `permissions`, `acr`, or a path into the mapped claims. Own members alone. */
  readonly claim: string | readonly string[]
  /** A single value equals one of these; a list contains one of these. */
  readonly oneOf: readonly (string | number | boolean)[]
}

/** Who a rule is about. Whatever is not named is not met. */
interface RuleScope {
  /** Stands in `explain()` and in the audit trail. */
  readonly id: string
  /** Client ids. */
  readonly clients: readonly string[]
  /** Names of targets. */
  readonly targets: readonly string[]
  /**
   * Issuers of subjects; this service's own issuer identifier for tokens it issued. Empty for client credentials alone. A rule that
   * denies is met by the issuer of the token and by the one that its subject came from, a rule that allows by the former alone.
   */
  readonly subjectIssuers: readonly string[]
  /** Which grants it is about. Default: `token-exchange` for a rule that allows, and both grants that present a token for one that denies. */
  readonly grants?: readonly GrantName[] | undefined
  /** Conditions, all of which must hold. Default: none. */
  readonly when?: readonly Condition[] | undefined
}

/** Lets something through. What no rule lets through is refused. */
export interface AllowRule extends RuleScope {
  /** `allow`: lets through. */
  readonly effect: 'allow'
  /**
   * Which scopes of the target a subject's scopes are worth: `{ 'orders:read': ['invoice:read'] }`. `same`: each is worth itself.
   * For subjects and grants without scopes: `grantScopes`.
   */
  readonly scopes?: Readonly<Record<string, readonly string[]>> | 'same' | undefined
  /** Scopes that the rule itself gives: for client credentials, and for tokens without scopes of trust records with `subjectScopes: 'from-policy'`. */
  readonly grantScopes?: readonly string[] | undefined
  /** `delegation`: the token says who acts. `impersonation`: it does not, and nobody downstream can tell. Default `delegation`. */
  readonly mode?: 'delegation' | 'impersonation' | undefined
  /** Parties that this rule's clients may present as the actor. Default: the client itself alone. */
  readonly actors?: readonly { readonly issuer: string; readonly subject: string }[] | undefined
  /** `audience`: a subject token bound to its sender's key is taken from a resource server that it is meant for. */
  readonly boundSubject?: 'audience' | undefined
  /** Drop scopes that cannot be given, instead of refusing with `invalid_scope`. Default false. */
  readonly narrow?: boolean | undefined
}

/** Forbids what some other rule lets through. */
export interface DenyRule extends RuleScope {
  /** `deny`: forbids. */
  readonly effect: 'deny'
  /** Only records its verdict. What admits has no such mode. Default false. */
  readonly observe?: boolean | undefined
}

/** Policy as data: any deny rule that is met wins, then the first allow rule that is met; without one, no. */
export type PolicyRule = AllowRule | DenyRule
