import {
  AuthenticationError,
  AuthorizationError,
  ConfigurationError,
  CountersignError,
  InternalError,
  UpstreamError,
} from '../errors.js'
import type { ErrorOptions } from '../errors.js'
import { CODES } from '../error-table.js'
import type { Scheme } from '../principal.js'

/** What every challenge of one verifier says. */
export interface ChallengeRules {
  readonly realm: string
  /** Where the metadata of this API is served, if it is. */
  readonly resourceMetadataUrl?: string | undefined
  /** The schemes that are taken, the preferred one first. Default: `Bearer` alone. */
  readonly schemes?: readonly Scheme[] | undefined
  /** The algorithms of proofs, separated by spaces; where there is no issuer that could want one, absent. */
  readonly algs?: string | undefined
  /** The current nonce, where nonces are given. */
  nonce?(): string
}

/**
 * Turns whatever was thrown into a fresh error that carries the headers of the answer: `WWW-Authenticate` for 400, 401
 * and 403, `Retry-After` for 503, and `Cache-Control: no-store` for all.
 *
 * Fresh, because one failed key fetch rejects many requests, and frameworks write on errors. What is not ours becomes
 * {@link InternalError} `ERR_UNEXPECTED`: a stranger's request must never choose what a client reads.
 *
 * @param scheme the scheme that the request used: the error belongs to it (RFC 9449 section 7.2)
 */
export function toRefusal(error: unknown, rules: ChallengeRules, scheme?: Scheme): CountersignError {
  const refusal = renew(error)
  refusal.headers['Cache-Control'] = 'no-store'
  if (refusal.status >= 500) return refusal
  refusal.headers['WWW-Authenticate'] = toChallenge(refusal, rules, scheme)
  const isProven = scheme === 'DPoP' || rules.schemes?.includes('DPoP') === true
  if (isProven && rules.nonce !== undefined && refusal.status !== 403) refusal.headers['DPoP-Nonce'] = rules.nonce()
  return refusal
}

/**
 * Writes the challenges of one refusal, one for each scheme, the one that was used first. Every value is fixed by the
 * configuration or the route: nothing of the request.
 *
 * @see RFC 6750 section 3, RFC 9449 section 7, RFC 9470 section 3, RFC 9728 section 5.1
 */
export function toChallenge(error: CountersignError, rules: ChallengeRules, used?: Scheme): string {
  const taken = rules.schemes ?? ['Bearer']
  // A scheme that nobody could want is not offered, although the request used it.
  const known = used === 'DPoP' && !taken.includes(used) && rules.algs === undefined ? undefined : used
  // A malformed request used no scheme that could be told, so that the error stands in each.
  const first = known ?? (error.code === 'ERR_INVALID_REQUEST' ? undefined : taken[0])
  const schemes = first === undefined ? taken : [first, ...taken.filter((scheme) => scheme !== first)]
  return schemes
    .map(
      (scheme) => `${scheme} ${toParameters(error, rules, scheme, first === undefined || scheme === first).join(', ')}`,
    )
    .join(', ')
}

function toParameters(
  error: CountersignError,
  rules: ChallengeRules,
  scheme: Scheme,
  blamed: boolean,
): readonly string[] {
  const parameters = [`realm="${quote(rules.realm)}"`]
  if (blamed) parameters.push(...toErrorParameters(error))
  if (rules.resourceMetadataUrl !== undefined)
    parameters.push(`resource_metadata="${quote(rules.resourceMetadataUrl)}"`)
  if (scheme === 'DPoP' && rules.algs !== undefined) parameters.push(`algs="${rules.algs}"`)
  return parameters
}

function toErrorParameters(error: CountersignError): readonly string[] {
  const { oauthError, text } = CODES[error.code]
  const parameters = oauthError === undefined ? [] : [`error="${oauthError}"`, `error_description="${text}"`]
  const { scope, acrValues, maxAgeSeconds } = error.challenge ?? {}
  if (scope !== undefined) parameters.push(`scope="${quote(scope)}"`)
  if (acrValues !== undefined) parameters.push(`acr_values="${quote(acrValues)}"`)
  if (maxAgeSeconds !== undefined) parameters.push(`max_age="${maxAgeSeconds}"`)
  return parameters
}

/** A quoted-string's content, RFC 9110 section 5.6.4. Options are checked to hold nothing but printable ASCII. */
function quote(text: string): string {
  return text.replace(/["\\]/g, '\\$&')
}

function renew(error: unknown): CountersignError {
  if (!(error instanceof CountersignError)) return new InternalError('ERR_UNEXPECTED', { cause: error })
  if (error instanceof ConfigurationError) return new InternalError('ERR_UNEXPECTED', { cause: error })
  const { reason, code, detail, challenge, cause } = error
  const options: ErrorOptions = { code, detail, challenge, cause }
  if (error instanceof UpstreamError) {
    return new UpstreamError(reason, { ...options, retryAfterSeconds: error.retryAfterSeconds })
  }
  if (error instanceof AuthorizationError) return new AuthorizationError(reason, options)
  if (error instanceof InternalError) return new InternalError(reason, { ...options, message: error.message })
  return new AuthenticationError(reason, options)
}
