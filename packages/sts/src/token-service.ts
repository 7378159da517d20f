import type { HttpPeer, IssuerHealth, IssuerReadiness } from '@countersign/core'
import type { SigningKeys } from './keys/signing-keys.js'
import type { GrantName } from './policy/rule.js'

/** What `explain` is asked: who wants to reach what, for whom. */
export interface PolicyQuestion {
  readonly clientId: string
  /** The name of a target. */
  readonly target: string
  /** Default `token-exchange`. */
  readonly grant?: GrantName | undefined
  /** The issuer of the subject; absent for client credentials. */
  readonly subjectIssuer?: string | undefined
  /**
   * Where the subject's token is this service's own: the issuer that the subject came from. A rule that denies then takes a claim that
   * is missing for met.
   */
  readonly originIssuer?: string | undefined
  /** What is known of the subject: `tenant`, `roles`, `groups`, `permissions`, `acr`, mapped claims. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined
}

/** What the policy says, and why: plain data, fit to print. */
export interface PolicyExplanation {
  readonly outcome: 'allow' | 'deny'
  /** The rule that decided; `undefined` where none allows. */
  readonly rule: string | undefined
  /** Every rule in order: whether it was met, and if not, what did not hold. */
  readonly rules: readonly {
    readonly rule: string
    readonly effect: 'allow' | 'deny'
    readonly met: boolean
    readonly because: string | undefined
    readonly observe: boolean
  }[]
}

/** What `ready()` found. */
export interface ServiceReadiness {
  readonly ok: boolean
  readonly signingKeys: { readonly ok: boolean; readonly reason: string | undefined }
  readonly issuers: readonly IssuerReadiness[]
}

/** How the service stands. */
export interface ServiceHealth {
  readonly ok: boolean
  readonly signingKeys: ReturnType<SigningKeys['health']>
  readonly issuers: readonly IssuerHealth[]
}

/** A token service: an endpoint that any adapter mounts, with what its operator asks it. Made by `createTokenService`. */
export interface TokenService {
  /** Answers a request to any of its endpoints; 404 for every other path. Never rejects. */
  (request: Request, peer?: HttpPeer): Promise<Response>
  /** Asks the policy, without any token: which rule would decide. Scopes, lifetimes and delegation are not looked at. */
  explain(question: PolicyQuestion): PolicyExplanation
  /**
   * Every name that tokens have for a subject: its own, which the mapping of its issuer gives, and what the tokens of this service call
   * it. Revoke them all to put a subject out here and at every API; and, where the mapping takes the subject from another claim, what
   * `sub` says too, by which an API asks for the issuer's own tokens. A session is not renamed: its id stands under either issuer.
   */
  subjectNames(subject: {
    readonly issuer: string
    readonly subject: string
  }): readonly { readonly issuer: string; readonly subject: string }[]
  /** Loads, or makes, the signing keys, and loads the keys of every listed issuer. Never rejects. */
  ready(): Promise<ServiceReadiness>
  health(): ServiceHealth
  /** Stops reading the key sets of clients. What the service was given is closed by whoever made it. Idempotent. */
  close(): Promise<void>
}
