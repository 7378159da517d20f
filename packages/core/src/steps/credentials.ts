import type { AuthRequest } from '../auth-request.js'
import { AuthenticationError } from '../errors.js'
import { parseAuthorization } from '../http/credentials.js'
import type { Scheme } from '../principal.js'
import type { Rules } from '../rules.js'

/** A token as it came in, and the request it came with. */
export interface Credentials {
  readonly scheme: Scheme
  readonly token: string
  /** Absent for a bare token: nothing can then prove possession. */
  readonly request: AuthRequest | undefined
  /** Whoever asked compares the key that the token is bound to themselves. */
  readonly skipsBinding?: boolean
}

/**
 * Reads the access token from the `Authorization` field. A token in a body or a query is never read (RFC 9700 section 4.3.2).
 *
 * @throws AuthenticationError `ERR_CREDENTIALS_MISSING` and `ERR_CREDENTIALS_SCHEME` (401, no error code sent, RFC 6750
 *   section 3.1), `ERR_CREDENTIALS_MULTIPLE` and `ERR_CREDENTIALS_MALFORMED` (400)
 *
 * Not checked: anything inside the token.
 * @see RFC 6750 section 2.1, RFC 9110 section 11.4, RFC 9449 section 7.1
 */
export function readCredentials(request: AuthRequest, rules: Pick<Rules, 'dpop'>): Credentials {
  const [field, second] = request.authorization
  if (field === undefined) throw new AuthenticationError('ERR_CREDENTIALS_MISSING')
  // Two fields, two readers: the proxy in front may have judged the other one.
  if (second !== undefined) throw new AuthenticationError('ERR_CREDENTIALS_MULTIPLE')
  const parsed = parseAuthorization(field)
  if (parsed.kind === 'token' && (parsed.scheme === 'Bearer' || rules.dpop !== undefined))
    return { scheme: parsed.scheme, token: parsed.token, request }
  if (parsed.kind !== 'malformed') throw new AuthenticationError('ERR_CREDENTIALS_SCHEME')
  throw new AuthenticationError('ERR_CREDENTIALS_MALFORMED')
}
