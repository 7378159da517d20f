import { randomUUID } from 'node:crypto'
import type { AuditTokenRef } from '@countersign/core'
import { decodeJws } from '@countersign/core/server'
import type { Authorization } from '../authorization.js'
import { TokenError } from '../errors.js'
import type { ServiceContext } from '../service-context.js'
import { toBinding } from '../subject/token-ref.js'
import type { TokenResponse } from '../token-request.js'
import { toTokenClaims } from './claims.js'
import { TOKEN_FORMS } from './forms.js'
import { TOKEN_LIMITS } from './limits.js'
import { signToken } from './sign.js'

/** A token that nobody has been given yet: it is to be recorded first. */
export interface IssuedToken {
  readonly response: TokenResponse
  readonly token: AuditTokenRef
  readonly transactionId: string
}

/**
 * Issues what was authorized, and nothing else can be: an access token, or for another token service a grant.
 *
 * @throws TokenError `ERR_STS_TOKEN_SIZE`
 * @throws UpstreamError where there is no key to sign with
 * @see RFC 9068 section 2, RFC 8693 section 2.2.1
 */
export async function issueToken(authorization: Authorization, service: ServiceContext): Promise<IssuedToken> {
  const { target, form, subject, binding, scopes, lifetime } = authorization
  const { issuer, signingKeys, audit } = service
  const tokenId = randomUUID()
  const transactionId = subject.transactionId ?? randomUUID()
  const { type, tokenType } = TOKEN_FORMS[form]
  const signer = await signingKeys.findSigner(target.algorithm)
  const claims = toTokenClaims(authorization, { issuer, tokenId, transactionId })
  const token = signToken(type, claims, signer)
  checkSize(token)
  return {
    response: {
      access_token: token,
      ...(authorization.grant === 'token-exchange' ? { issued_token_type: tokenType } : {}),
      // What no API would take as an access token, bound or not: RFC 8693 section 2.2.1.
      token_type: form === 'access-token' ? binding.tokenType : 'N_A',
      expires_in: lifetime.leftSeconds,
      scope: scopes.granted.join(' '),
    },
    token: {
      fp: audit.fingerprint(token),
      jti: tokenId,
      iss: issuer,
      kid: signer.kid,
      alg: signer.algorithm,
      iat: lifetime.issuedAtSeconds,
      exp: lifetime.expiresAtSeconds,
      cnf: toBinding(binding.confirmation),
    },
    transactionId,
  }
}

/** Larger ones are refused by those that they are for, and by this service when they are to be revoked. */
function checkSize(token: string): void {
  try {
    decodeJws(token, TOKEN_LIMITS)
  } catch {
    throw new TokenError('ERR_STS_TOKEN_SIZE', { detail: TOKEN_LIMITS })
  }
}
