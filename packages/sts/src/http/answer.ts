import type { TokenError } from '../errors.js'

/** An answer to one client: JSON that nobody keeps. RFC 6749 section 5.1. */
export function toAnswer(body: object, status = 200, fields: Readonly<Record<string, string>> = {}): Response {
  return Response.json(body, { status, headers: { 'Cache-Control': 'no-store', ...fields } })
}

/** What the answer to a refused request says beside the error. */
export interface ErrorFields {
  /** Whether the client used the `Authorization` field: it is then told which scheme there is (RFC 6749 section 5.2). */
  readonly authorization: boolean
  /** The nonce that the next proof has to hold, RFC 9449 section 8. */
  readonly nonce: string | undefined
}

/**
 * The answer to a refused request: the constant text of its error, and nothing of why.
 *
 * @see RFC 6749 section 5.2, RFC 9449 section 8
 */
export function toErrorAnswer(error: TokenError, { authorization, nonce }: ErrorFields): Response {
  const fields: Record<string, string> = {}
  if (error.status === 401 && authorization) fields['WWW-Authenticate'] = 'Basic realm="token service", charset="UTF-8"'
  if (error.status === 405) fields['Allow'] = 'POST'
  if (error.retryAfterSeconds !== undefined) fields['Retry-After'] = String(error.retryAfterSeconds)
  if (error.code === 'use_dpop_nonce' && nonce !== undefined) fields['DPoP-Nonce'] = nonce
  return toAnswer({ error: error.code, error_description: error.message }, error.status, fields)
}
