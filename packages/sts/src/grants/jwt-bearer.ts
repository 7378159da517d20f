import { TOKEN_TYPES } from '@countersign/core'
import { claimFirstUse, toReplayId } from '@countersign/core/server'
import { authorizeExchange } from '../authorize-exchange.js'
import { TokenError, toTokenError } from '../errors.js'
import { isIdJag, verifyIdJag } from '../experimental/verify-id-jag.js'
import type { ServiceContext } from '../service-context.js'
import { requireValue } from '../subject/read-presented.js'
import { verifyAssertion } from '../subject/verify-assertion.js'
import type { VerifiedAssertion } from '../subject/verify-assertion.js'
import type { TokenRequest } from '../token-request.js'
import { issueToken } from '../tokens/issue-token.js'
import type { IssuedToken } from '../tokens/issue-token.js'
import type { Trail } from './trail.js'

/**
 * The JWT bearer grant: an issuer that is trusted for subjects vouches for one, to this service alone, for one use. The second half
 * of identity chaining too, where that issuer is the token service of another domain.
 *
 * Not checked: whether the token was exchanged before. One use is one of this grant.
 *
 * @see RFC 7523 sections 2.1, 3 and 3.1
 */
export async function grantJwtBearer(
  request: TokenRequest,
  service: ServiceContext,
  trail: Trail,
): Promise<IssuedToken> {
  const token = requireValue(request.parameters.values, 'assertion')
  const fingerprint = service.audit.fingerprint(token)
  trail.notePresented('subject', { token, tokenType: TOKEN_TYPES.jwt, fingerprint })
  const assertion = await verify(token, fingerprint, request, service) // section 3
  const { party: subject, resources } = assertion
  trail.noteParty('subject', subject)
  const evidence = { grant: 'jwt-bearer', request, subject, actor: undefined, resources } as const
  const authorization = authorizeExchange(evidence, service, trail)
  const issued = await issueToken(authorization, service)
  await checkFirstUse(assertion, service) // last: who passed every other check may fill the store, and nobody else
  return issued
}

async function verify(
  token: string,
  fingerprint: string,
  { client }: TokenRequest,
  service: ServiceContext,
): Promise<VerifiedAssertion> {
  try {
    const { idJagIssuers } = service.experimental
    if (idJagIssuers.size > 0 && isIdJag(token))
      return await verifyIdJag(token, fingerprint, client.registration, service)
    return await verifyAssertion(token, fingerprint, service)
  } catch (error) {
    throw toTokenError(error, 'ERR_STS_SUBJECT_TOKEN')
  }
}

/** So far ahead the verifier lets an assertion be dated at most: its tolerance is its own, and may be more than ours. */
const MAX_AHEAD_MS = 60_000

async function checkFirstUse(assertion: VerifiedAssertion, service: ServiceContext): Promise<void> {
  const { party, tokenId, issuedAtSeconds } = assertion
  const { clockToleranceSeconds } = service
  const lifetime = {
    // Ours is for the clock of whoever keeps the memory.
    madeAfterMs: (issuedAtSeconds - clockToleranceSeconds) * 1_000 - MAX_AHEAD_MS,
    endsAtMs: (party.expiresAtSeconds + clockToleranceSeconds) * 1_000,
    nonce: undefined,
  }
  if (await claimFirstUse(toReplayId('grant', party.identity.issuer, tokenId), lifetime, service)) return
  throw new TokenError('ERR_STS_ASSERTION_REPLAYED')
}
