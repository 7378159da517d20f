import { AuthenticationError } from '@countersign/core'
import type { ClientAuthenticationMethod } from '../clients/client.js'
import { TokenError } from '../errors.js'
import type { ResolvedAllowRule } from '../policy/read-rule.js'
import { isAudience } from '../subject/audience.js'
import type { VerifiedParty } from '../subject/party.js'
import type { AuthenticatedClient, Possession } from '../token-request.js'

/** What a token is bound to, and how its inputs were. */
export interface Binding {
  /** `cnf` of the token: the key that the requester has proven, never a copy of the subject's. */
  readonly confirmation: Readonly<Record<string, string>> | undefined
  readonly tokenType: 'Bearer' | 'DPoP'
  /** `audience`: bound, and taken without a proof, by a rule, from a resource server that the token is meant for. */
  readonly subject: 'unbound' | 'proven' | 'audience'
}

/** Who presents what. */
export interface BindingParties {
  readonly subject: VerifiedParty
  readonly actor: VerifiedParty | undefined
  readonly client: AuthenticatedClient
  readonly possession: Possession
}

/** Methods by which nobody but the client itself can have authenticated: not by something that could be passed on. */
const STRONG: ReadonlySet<ClientAuthenticationMethod> = new Set([
  'private_key_jwt',
  'tls_client_auth',
  'self_signed_tls_client_auth',
])

/** Members of `cnf` that are understood: RFC 9449 section 6.1, RFC 8705 section 3.1. */
const UNDERSTOOD = ['jkt', 'x5t#S256'] as const

/**
 * Decides what the token is bound to. A bound input is good for nothing without its key, and what comes of it is bound again:
 * otherwise an exchange would turn a stolen bound token into a bearer token.
 *
 * @throws TokenError `ERR_STS_PROOF_REQUIRED`, `ERR_STS_BINDING_REQUIRED`, and `ERR_STS_SUBJECT_TOKEN` or `ERR_STS_ACTOR_TOKEN`
 *   where no member of `cnf` is understood
 * @see RFC 7800 section 3.1, RFC 9449 section 5, RFC 8705 section 3
 */
export function decideBinding(
  { subject, actor, client, possession }: BindingParties,
  rule: ResolvedAllowRule,
): Binding {
  const proven = isProven(subject, possession, 'ERR_STS_SUBJECT_TOKEN')
  if (!proven && !mayGoUnproven(subject, client, rule)) throw new TokenError('ERR_STS_PROOF_REQUIRED')
  if (actor !== undefined && !isProven(actor, possession, 'ERR_STS_ACTOR_TOKEN'))
    throw new TokenError('ERR_STS_PROOF_REQUIRED')
  const confirmation = toConfirmation(possession)
  const hasBoundInput = subject.confirmation !== undefined || actor?.confirmation !== undefined
  if (confirmation === undefined && (hasBoundInput || client.registration.requireBoundTokens))
    throw new TokenError('ERR_STS_BINDING_REQUIRED')
  const how = proven ? 'proven' : 'audience'
  return {
    confirmation,
    tokenType: confirmation?.['jkt'] === undefined ? 'Bearer' : 'DPoP',
    subject: subject.confirmation === undefined ? 'unbound' : how,
  }
}

/** Whether every key that a token is bound to was proven with this request; nothing is to be proven of one that is bound to none. */
function isProven(
  { confirmation }: VerifiedParty,
  possession: Possession,
  reason: 'ERR_STS_SUBJECT_TOKEN' | 'ERR_STS_ACTOR_TOKEN',
): boolean {
  if (confirmation === undefined) return true
  const members = UNDERSTOOD.filter((member) => Object.hasOwn(confirmation, member))
  if (members.length === 0) throw new TokenError(reason, { cause: new AuthenticationError('ERR_TOKEN_CONFIRMATION') })
  return members.every((member) => possession[member] !== undefined && possession[member] === confirmation[member])
}

/**
 * A resource server cannot prove the key of whoever called it. The client that the token was issued to can, and must: and a
 * requester whose own authentication could be somebody else's is no resource server that anything is known of.
 */
function mayGoUnproven(
  subject: VerifiedParty,
  { registration, method }: AuthenticatedClient,
  rule: ResolvedAllowRule,
): boolean {
  if (rule.boundSubject !== 'audience' || !STRONG.has(method)) return false
  return isAudience(registration, subject.audience) && subject.clientId !== registration.clientId
}

/** A proof says which key its sender wants the token bound to; a certificate may be there for authentication alone. */
function toConfirmation({ jkt, 'x5t#S256': x5t }: Possession): Readonly<Record<string, string>> | undefined {
  if (jkt !== undefined) return { jkt }
  return x5t === undefined ? undefined : { 'x5t#S256': x5t }
}
