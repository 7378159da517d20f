import { AuthenticationError, CountersignError, UpstreamError } from '@countersign/core'
import type { Runtime } from '@countersign/core'
import { decodeJws, findClaim, readDate, withDeadline } from '@countersign/core/server'
import { TokenError, toTokenError } from '../errors.js'
import type { TokenRevocations } from '../options.js'
import { verifyOwnToken } from '../subject/own-token.js'
import type { OwnToken } from '../subject/own-token.js'
import type { AuthenticatedClient } from '../token-request.js'
import { TOKEN_LIMITS } from '../tokens/limits.js'
import { readClientRequest } from './client-request.js'
import type { EndpointCall, EndpointContext } from './endpoint.js'
import { toOwnTokenRef } from './own-token-ref.js'
import { recordFailure } from './record-failure.js'

/** The most that a verifier may bear of clocks. */
const MAX_TOLERANCE_SECONDS = 60

/**
 * Revokes an access token that was issued to the client who asks. A token that is none, or is over, is as good as revoked. What
 * kind of token the client thinks it has makes no difference: there is one kind.
 *
 * @throws TokenError `ERR_STS_REVOCATION_FOREIGN`, `ERR_STS_REVOCATION_TYPE`, `ERR_STS_UNAVAILABLE` where it cannot be written
 *   down: the token is then still good
 * @see RFC 7009 sections 2.1 and 2.2
 */
export async function answerRevocation(
  call: EndpointCall,
  context: EndpointContext,
  revocations: TokenRevocations,
): Promise<Response> {
  const { form, client } = await readClientRequest(call, '/revoke', context)
  const token = form.get('token')?.[0]
  if (token === undefined) throw new TokenError('ERR_STS_PARAMETER_MISSING', { detail: { parameter: 'token' } })
  const own = await findOwnToken(token, context)
  if (own !== undefined) {
    if (own.clientId !== client.registration.clientId) throw await toForeign(token, own, client, call, context)
    // First done, then recorded: a record that fails is a 503, and whoever asks again has it done and recorded anew.
    await revoke(own, context, revocations)
    await record(token, own, client, call, context)
  }
  return new Response(null, { headers: { 'Cache-Control': 'no-store' } })
}

/** Whoever holds a token of somebody else and tries to put it out has it from somewhere: that is for the trail. */
async function toForeign(
  token: string,
  own: OwnToken,
  { registration, method, keyId }: AuthenticatedClient,
  call: EndpointCall,
  context: EndpointContext,
): Promise<TokenError> {
  const error = new TokenError('ERR_STS_REVOCATION_FOREIGN')
  const client = { id: registration.clientId, authMethod: method, keyId }
  const tokens = { issued: toOwnTokenRef(token, own, context) }
  await recordFailure(error, call, { route: '/revoke', client, type: 'token.revoked', tokens }, context)
  return error
}

/**
 * What was revoked already is revoked again. An API asks for less than we do: where the subject's own issuer has put it out, this very
 * token may still be taken, as is one that a tolerant clock does not count as over.
 */
async function findOwnToken(token: string, { service }: EndpointContext): Promise<OwnToken | undefined> {
  const { issuer, signingKeys, runtime } = service
  const rules = { revocations: undefined, clockToleranceSeconds: MAX_TOLERANCE_SECONDS }
  try {
    return await verifyOwnToken(token, { issuer, signingKeys, runtime, ...rules })
  } catch (error) {
    if (!(error instanceof AuthenticationError)) throw toTokenError(error)
    // A grant for another domain is ours, and is used once: there is nothing to revoke.
    if (error.reason === 'ERR_TOKEN_TYPE' && isNamedAsOurs(token, service.issuer))
      throw new TokenError('ERR_STS_REVOCATION_TYPE')
    // Its key was revoked, or is newer than what we have read: nobody can say whose it is, and an API may take it until it has read the set anew.
    if (error.reason === 'ERR_KEY_NOT_FOUND' && isNamedAsOurs(token, service.issuer) && !isOver(token, runtime))
      throw new TokenError('ERR_STS_UNAVAILABLE')
    return undefined
  }
}

/** Nothing but which error it is hangs on what nobody has verified. */
function isNamedAsOurs(token: string, issuer: string): boolean {
  const { header, unverified } = decodeJws(token, TOKEN_LIMITS)
  return header.kid !== undefined && findClaim(unverified, 'iss') === issuer
}

function isOver(token: string, { now }: Runtime): boolean {
  const endsAtSeconds = readDate(decodeJws(token, TOKEN_LIMITS).unverified, 'exp') ?? 0
  return now() / 1_000 >= endsAtSeconds + MAX_TOLERANCE_SECONDS
}

/** Until it ends and no longer: a client that is given tokens and revokes them must not fill the store. */
async function revoke(
  { tokenId, expiresAtSeconds }: OwnToken,
  { service: { issuer } }: EndpointContext,
  revocations: TokenRevocations,
): Promise<void> {
  try {
    const done = revocations.revokeToken({ issuer, tokenId, expiresAtSeconds })
    await withDeadline(Promise.resolve(done), 'ERR_STATUS_UNAVAILABLE')
  } catch (error) {
    const known = error instanceof CountersignError
    throw toTokenError(known ? error : new UpstreamError('ERR_STATUS_UNAVAILABLE', { cause: error, traced: true }))
  }
}

async function record(
  token: string,
  own: OwnToken,
  client: AuthenticatedClient,
  { id, peer, startedAtMs }: EndpointCall,
  context: EndpointContext,
): Promise<void> {
  const { service } = context
  const { identity } = own
  try {
    await service.audit.record({
      type: 'token.revoked',
      outcome: 'success',
      request: { id, method: 'POST', route: '/revoke', ip: peer.remoteAddress },
      client: { id: client.registration.clientId, authMethod: client.method, keyId: client.keyId },
      subject: { iss: identity.issuer, sub: identity.subject },
      tokens: { issued: toOwnTokenRef(token, own, context) },
      durationMs: service.runtime.now() - startedAtMs,
    })
  } catch (cause) {
    throw new TokenError('ERR_STS_AUDIT_UNAVAILABLE', { cause })
  }
}
