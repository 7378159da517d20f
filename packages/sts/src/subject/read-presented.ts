import type { AuditRecorder } from '@countersign/core'
import { TokenError } from '../errors.js'
import type { TokenParameters, TokenRequest } from '../token-request.js'
import type { PresentedToken } from './verify-party.js'

/**
 * Reads the token that the request is about.
 *
 * @throws TokenError `ERR_STS_PARAMETER_MISSING`, `ERR_STS_TOKEN_TYPE` for a type that the client may not present
 * @see RFC 8693 section 2.1
 */
export function readSubject(request: TokenRequest, audit: AuditRecorder): PresentedToken {
  const { values } = request.parameters
  const token = requireValue(values, 'subject_token')
  const tokenType = requireValue(values, 'subject_token_type')
  return toPresented(token, tokenType, request, audit)
}

/**
 * Reads the token of who is to act; `undefined` where there is none.
 *
 * @throws TokenError as {@link readSubject}, and `ERR_STS_PARAMETER_UNEXPECTED` for a type without a token
 * @see RFC 8693 section 2.1
 */
export function readActor(request: TokenRequest, audit: AuditRecorder): PresentedToken | undefined {
  const { values } = request.parameters
  const token = values.get('actor_token')
  if (token !== undefined) return toPresented(token, requireValue(values, 'actor_token_type'), request, audit)
  if (values.has('actor_token_type')) throw unexpected('actor_token_type')
  return undefined
}

/** A parameter that must be there. @throws TokenError `ERR_STS_PARAMETER_MISSING` */
export function requireValue(values: TokenParameters['values'], parameter: string): string {
  const value = values.get(parameter)
  if (value === undefined) throw new TokenError('ERR_STS_PARAMETER_MISSING', { detail: { parameter } })
  return value
}

function toPresented(token: string, tokenType: string, { client }: TokenRequest, audit: AuditRecorder): PresentedToken {
  if (!client.registration.subjectTokenTypes.includes(tokenType)) throw new TokenError('ERR_STS_TOKEN_TYPE')
  return { token, tokenType, fingerprint: audit.fingerprint(token) }
}

function unexpected(parameter: string): TokenError {
  return new TokenError('ERR_STS_PARAMETER_UNEXPECTED', { detail: { parameter } })
}
