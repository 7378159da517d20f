import { TOKEN_TYPES } from '@countersign/core'
import { TokenError } from '../errors.js'
import type { Target } from '../policy/targets.js'
import type { VerifiedParty } from '../subject/party.js'
import { JWT_TYPES } from '../subject/token-types.js'
import type { TokenParameters } from '../token-request.js'
import type { TokenFormName } from '../tokens/forms.js'
import type { Experimental } from './experimental.js'
import { readTransactionContext } from './transaction-claims.js'

/** Whose token of which form is asked for. */
export interface ProfileRequest {
  readonly form: TokenFormName
  readonly target: Target
  readonly clientId: string
  readonly parameters: TokenParameters
  readonly subject: VerifiedParty
  readonly actor: VerifiedParty | undefined
}

/** Claims that a profile has in place of the ordinary ones, or beside them; `undefined` leaves one out. */
export type ProfileClaims = Readonly<Record<string, unknown>>

/**
 * What the profile of a token adds to it, once what the profile demands holds.
 *
 * @throws TokenError for an identity assertion grant `ERR_STS_TOKEN_TYPE` for a subject that is no identity assertion,
 *   `ERR_STS_PARAMETER_UNEXPECTED` for an actor, `ERR_STS_TARGET_FORBIDDEN` for a client that has no name there; for a transaction token
 *   as `readTransactionContext`
 */
export function toProfileClaims(request: ProfileRequest, experimental: Experimental): ProfileClaims {
  if (request.form === 'id-jag') return toIdJagClaims(request, experimental)
  const { clientId, parameters, target } = request
  const domain = request.form === 'txn-token' ? experimental.trustDomains.get(target.name) : undefined
  if (domain === undefined) return {}
  return { client_id: undefined, req_wl: clientId, ...readTransactionContext(parameters, domain) }
}

/** draft-ietf-oauth-identity-assertion-authz-grant-03 sections 3 and 4.3. */
function toIdJagClaims(request: ProfileRequest, { idJagClientIds }: Experimental): ProfileClaims {
  const { target, clientId, parameters, subject, actor } = request
  // An access token says that somebody may call an API, and not that they signed in to this client.
  const { tokenType } = subject
  if (tokenType === undefined || (JWT_TYPES.has(tokenType) && tokenType !== TOKEN_TYPES.idToken))
    throw new TokenError('ERR_STS_TOKEN_TYPE')
  if (actor !== undefined)
    throw new TokenError('ERR_STS_PARAMETER_UNEXPECTED', { detail: { parameter: 'actor_token' } })
  const name = idJagClientIds.get(target.name)?.get(clientId)
  if (name === undefined) throw new TokenError('ERR_STS_TARGET_FORBIDDEN')
  const [resource, second] = parameters.resources
  return { client_id: name, resource: second === undefined ? resource : parameters.resources }
}
