import type { AuditTokenRef } from '@countersign/core'

/** Who somebody is: the name within its issuer, and the issuer. */
export interface Identity {
  readonly issuer: string
  readonly subject: string
}

/** Somebody who acts, by what a token says of them: at least one of `subject` and `clientId` is there. */
export interface ActorIdentity {
  readonly issuer: string
  readonly subject: string | undefined
  readonly clientId: string | undefined
}

/** Who may become the actor, RFC 8693 section 4.4. `understood` is false where it says more than this service can compare. */
export interface MayAct extends ActorIdentity {
  readonly understood: boolean
}

declare const verified: unique symbol

/**
 * Somebody a token speaks of, once the token was verified and found to be meant for whoever presents it. The brand can only be
 * attached in this folder: a grant cannot be made of a token that nobody has verified.
 */
export interface VerifiedParty {
  readonly [verified]: true
  /** The URN of RFC 8693 section 3; `undefined` for a client that speaks for itself. */
  readonly tokenType: string | undefined
  /** As the token names them. */
  readonly identity: Identity
  /** Who they were before this service gave them another name; otherwise the same. */
  readonly origin: Identity
  /** Whether the token is ours. */
  readonly own: boolean
  /** The client that the token was issued to, where it is one of ours: client ids of other issuers name somebody else. */
  readonly clientId: string | undefined
  readonly audience: readonly string[]
  readonly scopes: readonly string[]
  /** `from-policy`: where it carries none, the rule's own are what there is. */
  readonly subjectScopes: 'from-token' | 'from-policy'
  /** Who acts for them already, the current actor first. */
  readonly actors: readonly ActorIdentity[]
  readonly mayAct: MayAct | undefined
  readonly authenticatedAtSeconds: number | undefined
  /** In the vocabulary of this service. */
  readonly acr: string | undefined
  readonly amr: readonly string[]
  readonly sessionId: string | undefined
  /** One id across a chain of calls. */
  readonly transactionId: string | undefined
  /** `Infinity` for a client that speaks for itself. */
  readonly expiresAtSeconds: number
  /** The key that the token is bound to, RFC 7800: nobody has looked at possession yet. */
  readonly confirmation: Readonly<Record<string, unknown>> | undefined
  /** What conditions and tokens may draw on: mapped claims, and `tenant`, `roles`, `groups`, `permissions`, `acr`. */
  readonly claims: Readonly<Record<string, unknown>>
  /** Whether the token could carry some of them alone: of one that is missing nobody knows what it would have said. */
  readonly partialClaims: boolean
  /** `undefined` for a client that speaks for itself. */
  readonly token: AuditTokenRef | undefined
}

/** The fields of a party, before the brand. */
export type PartyFields = Omit<VerifiedParty, typeof verified>

/** Attaches the brand. For this folder alone, after the last check. */
export function toVerifiedParty(fields: PartyFields): VerifiedParty {
  return Object.freeze(fields) as VerifiedParty
}

/** Whether two names are of one party. */
export function isSameIdentity(one: Identity, other: Identity): boolean {
  return one.issuer === other.issuer && one.subject === other.subject
}
