import { TokenError, toGrantError, toTokenError } from '../errors.js'
import { exchange } from '../exchange.js'
import type { GrantName } from '../policy/rule.js'
import type { ServiceContext } from '../service-context.js'
import type { TokenRequest, TokenResponse } from '../token-request.js'
import type { IssuedToken } from '../tokens/issue-token.js'
import { grantClientCredentials } from './client-credentials.js'
import { grantJwtBearer } from './jwt-bearer.js'
import { createTrail } from './trail.js'
import type { Trail } from './trail.js'

/** `grant_type` of each grant: RFC 8693 section 2.1, RFC 7523 section 2.1, RFC 6749 section 4.4.2. */
export const GRANT_TYPES: Readonly<Record<GrantName, string>> = {
  'token-exchange': 'urn:ietf:params:oauth:grant-type:token-exchange',
  'jwt-bearer': 'urn:ietf:params:oauth:grant-type:jwt-bearer',
  'client-credentials': 'client_credentials',
}

/** Answers one token request of an authenticated client. Rejects with {@link TokenError}, and with nothing else. */
export type Grant = (request: TokenRequest, service: ServiceContext) => Promise<TokenResponse>

/** How a grant comes to a token. It is recorded, and then given out, by whoever called. */
type Work = (request: TokenRequest, service: ServiceContext, trail: Trail) => Promise<IssuedToken>

const GRANTS: ReadonlyMap<string, Grant> = new Map([
  [GRANT_TYPES['token-exchange'], toGrant('token-exchange', exchange)],
  [GRANT_TYPES['jwt-bearer'], toGrant('jwt-bearer', grantJwtBearer)],
  [GRANT_TYPES['client-credentials'], toGrant('client-credentials', grantClientCredentials)],
])

/** The grant of a `grant_type`. @throws TokenError `ERR_STS_GRANT_UNSUPPORTED` for one that the service does not have */
export function findGrant(grantType: string): Grant {
  const grant = GRANTS.get(grantType)
  if (grant === undefined) throw new TokenError('ERR_STS_GRANT_UNSUPPORTED')
  return grant
}

/** Whoever sends it wants less than without it: to ignore it would give more than was asked for (RFC 9396). */
function checkParameters({ parameters }: TokenRequest): void {
  const parameter = 'authorization_details'
  if (parameters.values.has(parameter)) throw new TokenError('ERR_STS_PARAMETER_UNEXPECTED', { detail: { parameter } })
}

/** The one way into a grant: who may use it, and one event for each request, written before anything is answered. */
function toGrant(name: GrantName, work: Work): Grant {
  return async (request, service) => {
    const trail = createTrail(name, request, service)
    let issued: IssuedToken
    try {
      if (!request.client.registration.grants.includes(name)) throw new TokenError('ERR_STS_GRANT_FORBIDDEN')
      checkParameters(request)
      issued = await work(request, service, trail)
    } catch (error) {
      const refusal = name === 'jwt-bearer' ? toGrantError(toTokenError(error)) : toTokenError(error)
      await trail.recordRefusal(refusal)
      throw refusal
    }
    // Until this has resolved nobody has seen the token: what cannot be recorded has not happened.
    await trail.recordIssue(issued)
    return issued.response
  }
}
