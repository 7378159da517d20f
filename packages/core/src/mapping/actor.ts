import type { Actor } from '../actor.js'
import { findClaim, readText, wrongType } from '../steps/claim-types.js'
import type { Payload } from '../steps/claim-types.js'

const NOBODY: readonly Actor[] = []

/**
 * Reads the `act` chain from the outermost actor inwards. Its length is bounded by the JSON depth limit.
 *
 * @throws AuthenticationError `ERR_TOKEN_CLAIM_TYPE` where a link is no object, or names its actor by other than strings
 * @see RFC 8693 section 4.1
 */
export function readActors(payload: Payload): readonly Actor[] {
  const outermost = findClaim(payload, 'act')
  if (outermost === undefined) return NOBODY
  const actors: Actor[] = []
  for (let link: unknown = outermost; link !== undefined;) {
    if (typeof link !== 'object' || link === null || Array.isArray(link)) throw wrongType('act')
    const claims = link as Payload
    actors.push(
      Object.freeze({
        issuer: readText(claims, 'iss'),
        subject: readText(claims, 'sub'),
        clientId: readText(claims, 'client_id'),
      }),
    )
    link = findClaim(claims, 'act')
  }
  return actors
}
