import { authorizeExchange } from '../authorize-exchange.js'
import type { ServiceContext } from '../service-context.js'
import { toClientParty } from '../subject/client-party.js'
import type { TokenRequest } from '../token-request.js'
import { issueToken } from '../tokens/issue-token.js'
import type { IssuedToken } from '../tokens/issue-token.js'
import type { Trail } from './trail.js'

/** Client credentials: the client speaks for itself, and for nobody else. RFC 6749 section 4.4. */
export async function grantClientCredentials(
  request: TokenRequest,
  service: ServiceContext,
  trail: Trail,
): Promise<IssuedToken> {
  const subject = toClientParty(request.client, service.issuer)
  trail.noteParty('subject', subject)
  const evidence = { grant: 'client-credentials', request, subject, actor: undefined } as const
  return issueToken(authorizeExchange(evidence, service, trail), service)
}
