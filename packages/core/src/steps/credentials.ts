import type { AuthRequest } from '../auth-request.js'
import { AuthenticationError } from '../errors.js'
import { isB64Token, splitAuthorization } from '../http/credentials.js'
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
 * Not checked: anything inside the token, and its letters: {@link checkSyntax}.
 * @see RFC 6750 section 2.1, RFC 9110 section 11.4, RFC 9449 section 7.1
 */
export function readCredentials(request: AuthRequest, rules: Pick<Rules, 'dpop'>): Credentials {
  const [field, second] = request.authorization
  if (field === undefined) throw new AuthenticationError('ERR_CREDENTIALS_MISSING')
  // Two fields, two readers: the proxy in front may have judged the other one.
  if (second !== undefined) throw new AuthenticationError('ERR_CREDENTIALS_MULTIPLE')
  const split = splitAuthorization(field)
  if (split.kind === 'malformed') throw new AuthenticationError('ERR_CREDENTIALS_MALFORMED')
  if (split.kind === 'foreign-scheme') throw new AuthenticationError('ERR_CREDENTIALS_SCHEME')
  const credentials = { scheme: split.scheme, token: split.token, request }
  if (split.scheme === 'Bearer' || rules.dpop !== undefined) return credentials
  checkSyntax(credentials)
  throw new AuthenticationError('ERR_CREDENTIALS_SCHEME')
}

/**
 * Checks that what came with a request is one `b64token` to the end. A token that is remembered was one when it was verified,
 * so that this is asked of the others alone: it saves 0.8 of the 5 us that a request with a known token cost.
 *
 * @throws AuthenticationError `ERR_CREDENTIALS_MALFORMED` (400)
 * @see RFC 6750 section 2.1
 */
export function checkSyntax({ token, request }: Credentials): void {
  if (request !== undefined && !isB64Token(token)) throw new AuthenticationError('ERR_CREDENTIALS_MALFORMED')
}
