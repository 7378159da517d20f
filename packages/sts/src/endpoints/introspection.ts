import { AuthenticationError } from '@countersign/core'
import type { AuditEntry } from '@countersign/core'
import { findClaim } from '@countersign/core/server'
import { TokenError, toTokenError } from '../errors.js'
import { toAnswer } from '../http/answer.js'
import { isAudience } from '../subject/audience.js'
import { verifyOwnToken } from '../subject/own-token.js'
import type { OwnToken } from '../subject/own-token.js'
import type { AuthenticatedClient } from '../token-request.js'
import { readClientRequest } from './client-request.js'
import type { EndpointCall, EndpointContext } from './endpoint.js'
import { toOwnTokenRef } from './own-token-ref.js'

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
  const note = (what: Finding): void => noteIntrospection(what, token, client, call, context)
  const found = await examine(token, context)
  if (found instanceof TokenError) {
    note({ outcome: 'error', reason: found.rootReason })
    throw found
  }
  if (found instanceof AuthenticationError) {
    note({ outcome: 'failure', reason: found.reason })
    return toAnswer(INACTIVE)
  }
  const isTold = mayKnow(client, found)
  note({ outcome: isTold ? 'success' : 'denied', own: found })
  return toAnswer(isTold ? { ...toResponse(found), active: true } : INACTIVE)
}

/** Not ours, over, revoked: one answer. That it cannot be known is another. */
async function examine(
  token: string,
  { service }: EndpointContext,
): Promise<OwnToken | AuthenticationError | TokenError> {
  try {
    return await verifyOwnToken(token, service)
  } catch (error) {
    return error instanceof AuthenticationError ? error : toTokenError(error)
  }
}

/** What a token was found to be worth. */
interface Finding extends Pick<AuditEntry, 'outcome' | 'reason'> {
  readonly own?: OwnToken | undefined
}

/** Nothing waits for it: whoever is told what a token is worth is given nothing that it did not have. */
function noteIntrospection(
  { own, ...verdict }: Finding,
  token: string,
  { registration, method, keyId }: AuthenticatedClient,
  { id, peer, startedAtMs }: EndpointCall,
  context: EndpointContext,
): void {
  const { audit, logger, runtime } = context.service
  const toEntry = (): AuditEntry => ({
    type: 'token.introspected',
    ...verdict,
    // Of what was not verified nothing but its fingerprint: a token that was refused can then be searched for.
    ...(own === undefined
      ? { tokens: { subject: { fp: audit.fingerprint(token) } } }
      : {
          subject: { iss: own.identity.issuer, sub: own.identity.subject },
          tokens: { issued: toOwnTokenRef(token, own, context) },
        }),
    request: { id, method: 'POST', route: '/introspect', ip: peer.remoteAddress },
    client: { id: registration.clientId, authMethod: method, keyId },
    durationMs: Math.max(0, runtime.now() - startedAtMs),
  })
  // Whatever a recorder does, throw included, the answer is the same.
  Promise.resolve()
    .then(() => audit.record(toEntry()))
    .catch((error: unknown) => {
      const cause = error instanceof Error ? error.name : 'unknown'
      logger.error('An introspection could not be recorded', { cause })
    })
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
