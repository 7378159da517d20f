import { authorizeExchange } from './authorize-exchange.js'
import { toTokenError } from './errors.js'
import type { Trail } from './grants/trail.js'
import type { ServiceContext } from './service-context.js'
import type { VerifiedParty } from './subject/party.js'
import { readActor, readSubject } from './subject/read-presented.js'
import type { PresentedToken } from './subject/verify-party.js'
import { verifyParty } from './subject/verify-party.js'
import type { TokenRequest } from './token-request.js'
import { issueToken } from './tokens/issue-token.js'
import type { IssuedToken } from './tokens/issue-token.js'

/**
 * Token exchange. Reading order is execution order; the client was authenticated before, and the event is written after, before
 * the answer leaves.
 *
 * @see RFC 8693 section 2
 */
export async function exchange(request: TokenRequest, service: ServiceContext, trail: Trail): Promise<IssuedToken> {
  const presented = readSubject(request, service.audit) // section 2.1
  const presentedActor = readActor(request, service.audit)
  const subject = await verify('subject', presented, request, service, trail)
  const actor = presentedActor && (await verify('actor', presentedActor, request, service, trail))
  const authorization = authorizeExchange({ grant: 'token-exchange', request, subject, actor }, service, trail)
  return issueToken(authorization, service) // section 2.2, RFC 9068 section 2
}

const REASONS = { subject: 'ERR_STS_SUBJECT_TOKEN', actor: 'ERR_STS_ACTOR_TOKEN' } as const

async function verify(
  role: 'subject' | 'actor',
  presented: PresentedToken,
  { client }: TokenRequest,
  service: ServiceContext,
  trail: Trail,
): Promise<VerifiedParty> {
  trail.notePresented(role, presented)
  try {
    const party = await verifyParty(presented, client.registration, service)
    trail.noteParty(role, party)
    return party
  } catch (error) {
    throw toTokenError(error, REASONS[role])
  }
}
