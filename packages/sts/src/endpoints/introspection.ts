import { AuthenticationError } from '@countersign/core'
import { findClaim } from '@countersign/core/server'
import { TokenError, toTokenError } from '../errors.js'
import { toAnswer } from '../http/answer.js'
import { isAudience } from '../subject/audience.js'
import { verifyOwnToken } from '../subject/own-token.js'
import type { OwnToken } from '../subject/own-token.js'
import type { AuthenticatedClient } from '../token-request.js'
import { readClientRequest } from './client-request.js'
import type { EndpointCall, EndpointContext } from './endpoint.js'

const INACTIVE = { active: false } as const

/**
 * Answers whether an access token of ours is good, and what it says: to whom it is meant for, and to whom it was issued to.
 * To everybody else it is a token like any that does not exist.
 *
 * @throws TokenError
 * @see RFC 7662 sections 2.1, 2.2 and 4, RFC 8693 section 4.1
 */
export async function answerIntrospection(call: EndpointCall, context: EndpointContext): Promise<Response> {
  const { form, client } = await readClientRequest(call, '/introspect', context)
  const token = form.get('token')?.[0]
  if (token === undefined) throw new TokenError('ERR_STS_PARAMETER_MISSING', { detail: { parameter: 'token' } })
  const own = await findOwnToken(token, context)
  return toAnswer(own !== undefined && mayKnow(client, own) ? { ...toResponse(own), active: true } : INACTIVE)
}

async function findOwnToken(token: string, { service }: EndpointContext): Promise<OwnToken | undefined> {
  try {
    return await verifyOwnToken(token, service)
  } catch (error) {
    // Not ours, over, revoked: one answer. That it cannot be known is another.
    if (error instanceof AuthenticationError) return undefined
    throw toTokenError(error)
  }
}

/** A token that is somebody else's business could be tried out here by whoever found it (RFC 7662 section 4). */
function mayKnow({ registration }: AuthenticatedClient, { clientId, audience }: OwnToken): boolean {
  return clientId === registration.clientId || isAudience(registration, audience)
}

/** What the token says, and nothing else: whoever reads the token and whoever asks must come to one decision. */
function toResponse({ payload }: OwnToken): Readonly<Record<string, unknown>> {
  const confirmation = findClaim(payload, 'cnf') as Readonly<Record<string, unknown>> | undefined
  return { ...payload, token_type: confirmation?.['jkt'] === undefined ? 'Bearer' : 'DPoP' }
}
