import { AuthenticationError, TOKEN_TYPES } from '@countersign/core'
import { findClaim } from '@countersign/core/server'
import type { ServiceContext } from '../service-context.js'
import { foreignAudience } from './audience.js'
import type { VerifiedParty } from './party.js'
import { toPrincipalParty } from './principal-party.js'
import { readSingleUse } from './single-use.js'
import type { SingleUse } from './single-use.js'

/** An assertion that serves as a grant. */
export interface VerifiedAssertion extends SingleUse {
  readonly party: VerifiedParty
  /** What it may be redeemed for, where it says so. */
  readonly resources: readonly string[] | undefined
}

const ACCESS_TOKEN_TYPE = /^(?:application\/)?at\+jwt$/

/**
 * Verifies an assertion about a subject: of an issuer that is trusted for subjects, for this service and nobody else, short-lived,
 * with an id of its own. An access token is never one: it was given out to be shown around.
 *
 * @throws AuthenticationError `ERR_TOKEN_*`, `ERR_KEY_*`, `ERR_ISSUER_UNTRUSTED`
 * @throws UpstreamError where that cannot be known
 *
 * Not checked: whether it was used before.
 * @see RFC 7523 section 3
 */
export async function verifyAssertion(
  token: string,
  fingerprint: string,
  service: ServiceContext,
): Promise<VerifiedAssertion> {
  const { issuer, verifier, trust, runtime } = service
  if (verifier === undefined) throw new AuthenticationError('ERR_ISSUER_UNTRUSTED')
  // `decideBinding` compares the key.
  const principal = await verifier.verify(token, { dangerouslySkipBinding: true })
  const record = trust.findSubject(principal.issuer)
  if (record === undefined) throw new AuthenticationError('ERR_ISSUER_UNTRUSTED')
  const { audience, header, payload, expiresAtSeconds } = principal
  if (!record.tokenTypes.has(TOKEN_TYPES.jwt) || isAccessToken(header, payload)) throw wrongType()
  // Whoever else it is meant for could redeem it here.
  if (audience.length !== 1 || audience[0] !== issuer) throw foreignAudience([issuer])
  const taking = { record, tokenType: TOKEN_TYPES.jwt, fingerprint }
  const party = await toPrincipalParty(principal, taking, service.foreignStanding)
  return { party, resources: undefined, ...readSingleUse(payload, expiresAtSeconds, runtime.now()) }
}

type Members = Readonly<Record<string, unknown>>

/** As RFC 9068 marks them, and as Keycloak and Cognito do. */
function isAccessToken(header: Members, payload: Members): boolean {
  const { typ } = header
  if (typeof typ === 'string' && ACCESS_TOKEN_TYPE.test(typ.toLowerCase())) return true
  return findClaim(payload, 'typ') === 'Bearer' || findClaim(payload, 'token_use') === 'access'
}

function wrongType(): AuthenticationError {
  return new AuthenticationError('ERR_TOKEN_TYPE', { detail: { member: 'typ' } })
}
