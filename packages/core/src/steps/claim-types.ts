import { AuthenticationError } from '../errors.js'

/** A verified payload. */
export type Payload = Readonly<Record<string, unknown>>

/** An own member of the payload, or `undefined`: what `Object.prototype` has is no claim. */
export function findClaim(payload: Payload, claim: string): unknown {
  const value = payload[claim]
  // Most claims that are asked for are not there, and a look-up that finds nothing needs no second one.
  return value === undefined || Object.hasOwn(payload, claim) ? value : undefined
}

/** A claim that must be a non-empty string where it is present. @throws AuthenticationError `ERR_TOKEN_CLAIM_TYPE` */
export function readText(payload: Payload, claim: string): string | undefined {
  const value = findClaim(payload, claim)
  if (value === undefined || (typeof value === 'string' && value.length > 0)) return value
  throw wrongType(claim)
}

/**
 * A NumericDate (RFC 7519 section 2) in seconds since the epoch, fractions allowed.
 * A string, an infinity or a number too large to be exact is a refusal, never an absence.
 *
 * @throws AuthenticationError `ERR_TOKEN_CLAIM_TYPE`
 */
export function readDate(payload: Payload, claim: string): number | undefined {
  const value = findClaim(payload, claim)
  if (value === undefined) return undefined
  if (typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER) return value
  throw wrongType(claim)
}

/** A string, or an array of strings, as a list. @throws AuthenticationError `ERR_TOKEN_CLAIM_TYPE` */
export function readTextList(payload: Payload, claim: string): readonly string[] | undefined {
  const value = findClaim(payload, claim)
  if (value === undefined) return undefined
  if (typeof value === 'string') return [value]
  if (isTextList(value)) return value
  throw wrongType(claim)
}

/** Whether a value is an array of nothing but strings. */
export function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string')
}

/** A claim is there, and is not what it must be. */
export function wrongType(claim: string): AuthenticationError {
  return new AuthenticationError('ERR_TOKEN_CLAIM_TYPE', { detail: { claim } })
}

/** A claim is not there. */
export function missing(claim: string): AuthenticationError {
  return new AuthenticationError('ERR_TOKEN_CLAIM_MISSING', { detail: { claim } })
}
