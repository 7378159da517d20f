import { AuthenticationError } from '../errors.js'
import type { Reason } from '../error-table.js'
import { findPath } from '../claim-path.js'
import type { ClaimRule } from '../rules.js'
import { isTextList } from './claim-types.js'
import type { Payload } from './claim-types.js'

/**
 * Checks one claim that an issuer must state: present, and where values are given, one of them or an array that holds one.
 *
 * @throws AuthenticationError `ERR_TOKEN_CLAIM_MISSING`, `ERR_TOKEN_CLAIM_TYPE`, `ERR_TOKEN_CLAIM_VALUE`, or `mismatch` for all of them
 */
export function checkClaimRule(payload: Payload, rule: ClaimRule, mismatch?: Reason): void {
  const value = findPath(payload, rule.path)
  const detail = { claim: rule.path.join(' '), wants: rule.oneOf }
  if (value === undefined || value === null)
    throw new AuthenticationError(mismatch ?? 'ERR_TOKEN_CLAIM_MISSING', { detail })
  const { oneOf } = rule
  if (oneOf === undefined) return
  if (typeof value !== 'string' && (rule.single === true || !isTextList(value))) {
    throw new AuthenticationError(mismatch ?? 'ERR_TOKEN_CLAIM_TYPE', { detail })
  }
  const values = typeof value === 'string' ? [value] : value
  const holds = values.some((entry) => oneOf.includes(entry))
  if (!holds) throw new AuthenticationError(mismatch ?? 'ERR_TOKEN_CLAIM_VALUE', { detail })
}
