import { AuthenticationError } from '@countersign/core'
import type { Claims } from '@countersign/core'
import { readDate, readText } from '@countersign/core/server'

/** What makes a token good for one use. */
export interface SingleUse {
  /** `jti`, unique within its issuer. */
  readonly tokenId: string
  readonly issuedAtSeconds: number
}

/** It must be remembered for as long as it lives. */
const MAX_LIFETIME_SECONDS = 3_600
const MAX_JTI_LENGTH = 256

/**
 * Reads what a grant is remembered by, and that it can be remembered for as long as it could be used.
 *
 * @throws AuthenticationError `ERR_TOKEN_CLAIM_MISSING`, `ERR_TOKEN_CLAIM_VALUE`, `ERR_TOKEN_CLAIM_TYPE`, `ERR_TOKEN_LIFETIME`
 * @see RFC 7523 section 3
 */
export function readSingleUse(payload: Claims, expiresAtSeconds: number, nowMs: number): SingleUse {
  const tokenId = readText(payload, 'jti')
  const issuedAtSeconds = readDate(payload, 'iat')
  if (tokenId === undefined) throw refuse('ERR_TOKEN_CLAIM_MISSING', 'jti')
  if (tokenId.length > MAX_JTI_LENGTH) throw refuse('ERR_TOKEN_CLAIM_VALUE', 'jti')
  if (issuedAtSeconds === undefined) throw refuse('ERR_TOKEN_CLAIM_MISSING', 'iat')
  const earliest = Math.min(issuedAtSeconds, nowMs / 1_000)
  if (expiresAtSeconds - earliest > MAX_LIFETIME_SECONDS) throw refuse('ERR_TOKEN_LIFETIME', 'exp')
  return { tokenId, issuedAtSeconds }
}

function refuse(
  reason: 'ERR_TOKEN_CLAIM_MISSING' | 'ERR_TOKEN_CLAIM_VALUE' | 'ERR_TOKEN_LIFETIME',
  claim: string,
): AuthenticationError {
  return new AuthenticationError(reason, { detail: { claim } })
}
