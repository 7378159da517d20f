import { AuthenticationError } from '@countersign/core'
import type { Actor, Claims } from '@countersign/core'
import { findClaim, readText } from '@countersign/core/server'
import type { ActorIdentity, MayAct } from '../subject/party.js'

/**
 * Names each actor of a chain in full: without `iss` it is one of the issuer of the token that says it, which the next token is not.
 *
 * @throws AuthenticationError `ERR_TOKEN_CLAIM_MISSING` for a link that names nobody: a chain with a hole in it is no history
 * @see RFC 8693 section 4.1
 */
export function toActorIdentities(actors: readonly Actor[], tokenIssuer: string): readonly ActorIdentity[] {
  return actors.map(({ issuer = tokenIssuer, subject, clientId }) => {
    if (subject === undefined && clientId === undefined) {
      throw new AuthenticationError('ERR_TOKEN_CLAIM_MISSING', { detail: { claim: 'act' } })
    }
    return Object.freeze({ issuer, subject, clientId })
  })
}

const UNDERSTOOD: ReadonlySet<string> = new Set(['iss', 'sub', 'client_id'])

/**
 * Reads `may_act`. A member that is not understood narrows who is meant in a way that nobody here can check.
 *
 * @throws AuthenticationError `ERR_TOKEN_CLAIM_TYPE`
 * @see RFC 8693 section 4.4
 */
export function readMayAct(payload: Claims, tokenIssuer: string): MayAct | undefined {
  const claim = findClaim(payload, 'may_act')
  if (claim === undefined) return undefined
  if (typeof claim !== 'object' || claim === null || Array.isArray(claim)) {
    throw new AuthenticationError('ERR_TOKEN_CLAIM_TYPE', { detail: { claim: 'may_act' } })
  }
  const members = claim as Claims
  return Object.freeze({
    issuer: readText(members, 'iss') ?? tokenIssuer,
    subject: readText(members, 'sub'),
    clientId: readText(members, 'client_id'),
    understood: Object.keys(members).every((name) => UNDERSTOOD.has(name)),
  })
}
