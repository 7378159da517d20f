import { toTokenError } from '../errors.js'
import { findGrant } from '../grants/find-grant.js'
import type { Grant } from '../grants/find-grant.js'
import { toAnswer } from '../http/answer.js'
import type { Form } from '../http/form.js'
import { toTokenParameters } from '../http/parameters.js'
import type { AuthenticatedClient, TokenParameters } from '../token-request.js'
import { readClientRequest } from './client-request.js'
import type { EndpointCall, EndpointContext } from './endpoint.js'
import { recordFailure } from './record-failure.js'

/**
 * Answers a token request: parsed, its client authenticated, its proof verified, then handed to its grant. Grants record what
 * becomes of it, before this answer leaves.
 *
 * @throws TokenError
 * @see RFC 6749 sections 3.2 and 5.1
 */
export async function answerToken(call: EndpointCall, context: EndpointContext): Promise<Response> {
  const { form, client, possession } = await readClientRequest(call, '/token', context)
  const { parameters, grant } = await chooseGrant(form, client, call, context)
  const { id, peer, startedAtMs } = call
  const request = { id, parameters, client, possession, remoteAddress: peer.remoteAddress, startedAtMs }
  const response = await grant(request, context.service)
  const nonce = possession.jkt !== undefined && context.proofs.isNonceAgeing() ? context.proofs.nonce() : undefined
  return toAnswer(response, 200, nonce === undefined ? {} : { 'DPoP-Nonce': nonce })
}

async function chooseGrant(
  form: Form,
  { registration, method, keyId }: AuthenticatedClient,
  call: EndpointCall,
  context: EndpointContext,
): Promise<{ readonly parameters: TokenParameters; readonly grant: Grant }> {
  try {
    const parameters = toTokenParameters(form)
    return { parameters, grant: findGrant(parameters.grantType) }
  } catch (thrown) {
    const error = toTokenError(thrown)
    const client = { id: registration.clientId, authMethod: method, keyId }
    await recordFailure(error, call, { route: '/token', client, type: 'token.grant' }, context)
    throw error
  }
}
