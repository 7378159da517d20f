import { checkMembers } from './arguments.js'
import { createGuard } from './create-guard.js'
import type { Guard } from './guard.js'
import { denied } from './names.js'

/** Who must act for the subject. Members that are given must all hold. */
export interface ActorRequirement {
  readonly subject?: string | undefined
  readonly clientId?: string | undefined
  /** Default: the issuer of the token, which is also what an actor without `iss` means. */
  readonly issuer?: string | undefined
}

/**
 * Demands that one of these acts for the subject now: the outermost `act` alone. Earlier actors never count
 * (RFC 8693 section 4.1).
 *
 * Not checked: who says so. Any issuer that is trusted may write `act`, an actor of another one too: combine it with `requireIssuer()`
 * where that is not for each of them to say.
 *
 * @throws TypeError at construction without an actor, or for one that names neither subject nor client
 */
export function requireActor(...actors: readonly (string | ActorRequirement)[]): Guard {
  if (actors.length === 0) throw new TypeError('requireActor() wants at least one actor')
  const wanted = Object.freeze(actors.map(toRequirement))
  return createGuard(({ actor, issuer }) => {
    const holds =
      actor !== undefined &&
      wanted.some(
        (want) =>
          (actor.issuer ?? issuer) === (want.issuer ?? issuer) &&
          (want.subject === undefined || actor.subject === want.subject) &&
          (want.clientId === undefined || actor.clientId === want.clientId),
      )
    if (!holds) throw denied(['act'])
  })
}

function toRequirement(actor: string | ActorRequirement): ActorRequirement {
  if (typeof actor === 'string' && actor !== '') return { subject: actor }
  checkMembers('requireActor', actor, ['subject', 'clientId', 'issuer'])
  const { subject, clientId, issuer } = actor as ActorRequirement
  for (const value of [subject, clientId, issuer]) {
    if (value !== undefined && (typeof value !== 'string' || value === ''))
      throw new TypeError('requireActor() wants strings')
  }
  if (subject === undefined && clientId === undefined)
    throw new TypeError('requireActor() wants a subject or a clientId')
  return Object.freeze({ subject, clientId, issuer })
}
