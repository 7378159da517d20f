import type { Scheme } from '../principal.js'

/** What one `Authorization` field holds. */
export type ParsedAuthorization =
  | { readonly kind: 'token'; readonly scheme: Scheme; readonly token: string }
  | { readonly kind: 'foreign-scheme' }
  | { readonly kind: 'malformed' }

/** RFC 6750 and RFC 9449 section 7.1, as nearly everybody writes them, and in lower case. */
const SCHEMES: ReadonlyMap<string, Scheme> = new Map([
  ['Bearer', 'Bearer'],
  ['DPoP', 'DPoP'],
  ['bearer', 'Bearer'],
  ['dpop', 'DPoP'],
])

const MALFORMED: ParsedAuthorization = { kind: 'malformed' }
const FOREIGN: ParsedAuthorization = { kind: 'foreign-scheme' }

/**
 * Parses one `Authorization` field. In: the raw value. Out: the scheme and the token's text, not decoded.
 *
 * The scheme is compared without case (RFC 9110 section 11.1), one or more spaces follow it, and the token is one
 * `b64token` to the end (RFC 6750 section 2.1): a comma, a second token or any control character is malformed.
 *
 * Not checked: anything inside the token.
 */
export function parseAuthorization(field: string): ParsedAuthorization {
  const split = splitAuthorization(field)
  return split.kind === 'token' && !isB64Token(split.token) ? MALFORMED : split
}

/** As {@link parseAuthorization}, with any text for a token: whoever takes it for one has to ask {@link isB64Token}. */
export function splitAuthorization(field: string): ParsedAuthorization {
  const value = trimSpace(field)
  const space = value.indexOf(' ')
  const scheme = space === -1 ? value : value.slice(0, space)
  const known = SCHEMES.get(scheme) ?? SCHEMES.get(scheme.toLowerCase())
  if (known === undefined) return isToken(scheme) ? FOREIGN : MALFORMED
  let start = scheme.length
  while (value.charCodeAt(start) === 0x20) start++
  return { kind: 'token', scheme: known, token: value.slice(start) }
}

/** `b64token`, RFC 6750 section 2.1. Written as one class and a tail, so that no input makes it backtrack. */
export function isB64Token(text: string): boolean {
  return /^[A-Za-z0-9\-._~+/]+=*$/.test(text)
}

/** `token`, RFC 9110 section 5.6.2. */
function isToken(text: string): boolean {
  return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(text)
}

/** Optional white space around a field value, RFC 9110 section 5.5: spaces and tabs alone. */
function trimSpace(field: string): string {
  let start = 0
  let end = field.length
  while (start < end && isSpace(field.charCodeAt(start))) start++
  while (end > start && isSpace(field.charCodeAt(end - 1))) end--
  return start === 0 && end === field.length ? field : field.slice(start, end)
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09
}
