import type { AuthenticatedClient } from '../token-request.js'
import { toMappedClaims } from './mapped-claims.js'
import { toVerifiedParty } from './party.js'
import type { VerifiedParty } from './party.js'

/** A client that speaks for itself: client authentication has proven who it is. RFC 6749 section 4.4, RFC 9068 section 2.2. */
export function toClientParty({ registration, workload }: AuthenticatedClient, issuer: string): VerifiedParty {
  const identity = Object.freeze({ issuer, subject: registration.clientId })
  return toVerifiedParty({
    tokenType: undefined,
    identity,
    origin: identity,
    own: true,
    clientId: registration.clientId,
    audience: [],
    scopes: [],
    subjectScopes: 'from-policy',
    actors: [],
    mayAct: undefined,
    authenticatedAtSeconds: undefined,
    acr: undefined,
    amr: [],
    sessionId: undefined,
    transactionId: undefined,
    expiresAtSeconds: Infinity,
    confirmation: undefined,
    claims: workload === undefined ? {} : toMappedClaims(workload, undefined),
    partialClaims: false,
    token: undefined,
  })
}
