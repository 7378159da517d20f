import { AuthenticationError } from '@countersign/core'
import type { ResolvedClient } from '../clients/client.js'
import type { SubjectRecord } from '../policy/trust.js'

/**
 * Whether a token is meant for a client as an API: one of its names stands in `aud`.
 */
export function isAudience(client: ResolvedClient, audience: readonly string[]): boolean {
  return client.audiences.some((name) => audience.includes(name))
}

/**
 * Checks that one of our own access tokens may be in the hands of a client: it is meant for it, or was issued to it. Whoever
 * else sends it has found or stolen it, or was sent it to serve somebody (the confused deputy).
 *
 * @throws AuthenticationError `ERR_TOKEN_AUDIENCE`
 */
export function checkOwnAudience(
  token: { readonly clientId: string; readonly audience: readonly string[] },
  client: ResolvedClient,
): void {
  if (!isAudience(client, token.audience) && token.clientId !== client.clientId) throw foreignAudience(client.audiences)
}

/**
 * Checks that an ID token was issued to this very client, and to nobody else: it tells that client who signed in.
 *
 * @throws AuthenticationError `ERR_TOKEN_AUDIENCE`
 * @see OpenID Connect Core section 3.1.3.7
 */
export function checkIdTokenAudience(audience: readonly string[], party: unknown, client: ResolvedClient): void {
  const isOurs = audience.length === 1 && audience[0] === client.clientId
  if (!isOurs || (party !== undefined && party !== client.clientId)) throw foreignAudience([client.clientId])
}

/**
 * Checks that a token of another issuer is meant for this service, or for a name that its trust record lists. A name that
 * belongs to a client is for that client alone to present.
 *
 * @throws AuthenticationError `ERR_TOKEN_AUDIENCE`
 */
export function checkForeignAudience(
  audience: readonly string[],
  record: SubjectRecord,
  client: ResolvedClient,
  service: { readonly issuer: string; readonly clients: readonly ResolvedClient[] },
): void {
  if (audience.includes(service.issuer)) return
  const mayPresent = (name: string): boolean => {
    const owner = service.clients.find(({ audiences }) => audiences.includes(name))
    return owner === undefined || owner.clientId === client.clientId
  }
  if (!audience.some((name) => record.audiences.includes(name) && mayPresent(name)))
    throw foreignAudience([service.issuer, ...record.audiences])
}

/** A token is meant for others. */
export function foreignAudience(wants: readonly string[]): AuthenticationError {
  return new AuthenticationError('ERR_TOKEN_AUDIENCE', { detail: { claim: 'aud', wants } })
}
