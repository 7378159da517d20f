import { TokenError } from '../errors.js'
import { toDocumentAnswer } from '../http/document.js'
import type { EndpointCall, EndpointContext } from './endpoint.js'

/** The members of a public key, RFC 7518 section 6 and RFC 8037 section 2, and what RFC 7517 says of it. */
const PUBLIC_MEMBERS = ['kty', 'crv', 'x', 'y', 'n', 'e', 'kid', 'alg', 'use'] as const

/** Short, so that a withdrawn key is soon forgotten; a service that is away takes nobody down with it for five minutes. */
const CACHE_CONTROL = 'public, max-age=300, stale-while-revalidate=60, stale-if-error=300'

/**
 * Answers with the key set. Never with an empty one, which a verifier would take for "trust nobody".
 *
 * @throws TokenError `ERR_STS_UNAVAILABLE` where there are no keys to show
 * @see RFC 7517 sections 5 and 8.5.1
 */
export async function answerJwks({ request }: EndpointCall, { service }: EndpointContext): Promise<Response> {
  const { keys } = await service.signingKeys.jwks()
  if (keys.length === 0) throw new TokenError('ERR_STS_UNAVAILABLE')
  const body = JSON.stringify({ keys: keys.map(toPublicJwk) })
  return toDocumentAnswer(request, { body, contentType: 'application/jwk-set+json', cacheControl: CACHE_CONTROL })
}

/** By name, so that a private member could not leave even if it were there. */
function toPublicJwk(jwk: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(PUBLIC_MEMBERS.filter((name) => jwk[name] !== undefined).map((name) => [name, jwk[name]]))
}
