import { TokenError } from '../errors.js'
import type { ResolvedAllowRule } from '../policy/read-rule.js'
import { isSameIdentity } from '../subject/party.js'
import type { ActorIdentity, Identity, MayAct, VerifiedParty } from '../subject/party.js'

/** Whether a token says who acts, and who that is: the current actor first. */
export interface Delegation {
  /** `none` for a client that speaks for itself. */
  readonly mode: 'delegation' | 'impersonation' | 'none'
  readonly actors: readonly ActorIdentity[]
}

/** Whom the decision is about. */
export interface DelegationParties {
  readonly subject: VerifiedParty
  /** Who the request says acts, by a token of theirs. */
  readonly actor: VerifiedParty | undefined
  readonly clientId: string
}

/** What bounds it. */
export interface DelegationRules {
  /** The service's own name: the namespace of client ids. */
  readonly issuer: string
  readonly maxActorDepth: number
}

/** Somebody who is to act. */
interface Candidate {
  /**
   * Who they are in the first place. Never what we call them to a target: where names come as they are, a user of another
   * issuer may be called like a client of ours.
   */
  readonly name: Identity
  /** Where they are a client of ours. */
  readonly clientId: string | undefined
}

/**
 * Decides who acts. The markers of delegation in the subject's token are looked at whatever the request asks for: a chain of
 * actors only grows, and `may_act` is obeyed with and without an actor token.
 *
 * @throws TokenError `ERR_STS_MAY_ACT`, `ERR_STS_ACTOR_FORBIDDEN`, `ERR_STS_ACTOR_DELEGATED`, `ERR_STS_ACTOR_IS_SUBJECT`,
 *   `ERR_STS_ACTOR_DEPTH`
 * @see RFC 8693 sections 1.1, 4.1 and 4.4
 */
export function decideDelegation(
  { subject, actor, clientId }: DelegationParties,
  rule: ResolvedAllowRule,
  rules: DelegationRules,
): Delegation {
  if (subject.tokenType === undefined) return { mode: 'none', actors: [] }
  const client: Candidate = { name: { issuer: rules.issuer, subject: clientId }, clientId }
  const candidate = actor === undefined ? client : toCandidate(actor, rules.issuer)
  if (subject.mayAct !== undefined && !isMeant(subject.mayAct, candidate)) throw new TokenError('ERR_STS_MAY_ACT')
  if (actor !== undefined) checkActor(actor, candidate, client, rule)
  // Only a subject without any marker of delegation can be impersonated: a chain is never shed.
  const isMarked = subject.mayAct !== undefined || subject.actors.length > 0
  if (actor === undefined && !isMarked && rule.mode === 'impersonation') return { mode: 'impersonation', actors: [] }
  if (isSameIdentity(candidate.name, subject.origin)) throw new TokenError('ERR_STS_ACTOR_IS_SUBJECT')
  const actors = [{ ...candidate.name, clientId: undefined }, ...subject.actors]
  if (actors.length > rules.maxActorDepth) {
    throw new TokenError('ERR_STS_ACTOR_DEPTH', { detail: { maxActorDepth: rules.maxActorDepth } })
  }
  return { mode: 'delegation', actors }
}

function toCandidate({ origin, own, clientId }: VerifiedParty, ownIssuer: string): Candidate {
  const isClient = own && origin.issuer === ownIssuer && origin.subject === clientId
  return { name: origin, clientId: isClient ? clientId : undefined }
}

/** Every member that is there must name the candidate, and one must be there: an issuer alone would name everybody it knows. */
function isMeant({ issuer, subject, clientId, understood }: MayAct, { name, clientId: ownId }: Candidate): boolean {
  if (!understood || (subject === undefined && clientId === undefined)) return false
  // Whoever has a client id here is of our own issuer: the client ids of others name clients of theirs.
  if (issuer !== name.issuer || (clientId !== undefined && clientId !== ownId)) return false
  return subject === undefined || subject === name.subject
}

/** An actor's token is another's credential in the client's hands: that it may be used so is for the policy to say. */
function checkActor(actor: VerifiedParty, { name }: Candidate, client: Candidate, rule: ResolvedAllowRule): void {
  // Whose history would the token tell, the subject's or the actor's? Implementations disagree, so nobody could rely on it.
  if (actor.actors.length > 0) throw new TokenError('ERR_STS_ACTOR_DELEGATED')
  if ([client.name, ...rule.actors].some((entry) => isSameIdentity(name, entry))) return
  throw new TokenError('ERR_STS_ACTOR_FORBIDDEN')
}
