/**
 * Normalises a URL for comparison: scheme and host in lower case, default port and dot segments gone, an empty path `/`,
 * percent-encoding in upper case and only where it is needed. Query and fragment are dropped.
 *
 * `undefined` for what is no absolute http or https URL in printable ASCII: the URL parser would quietly mend back
 * slashes, tabs and line breaks, and what was mended is not what was signed.
 *
 * @see RFC 9449 section 4.3 step 9, RFC 3986 sections 6.2.2 and 6.2.3
 */
export function normalizeProofUrl(text: string): string | undefined {
  if (text.length > 8_192 || !/^https?:\/\/[\x21-\x5B\x5D-\x7E]+$/i.test(text) || !URL.canParse(text)) return undefined
  const { origin, pathname, username, password } = new URL(text)
  if (username !== '' || password !== '') return undefined
  return origin + pathname.replace(/%[0-9a-f]{2}/gi, normalizeEscape)
}

/** Unreserved characters need no escape (RFC 3986 section 2.3); any other escape is written in upper case. */
function normalizeEscape(escape: string): string {
  const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16))
  return /[A-Za-z0-9\-._~]/.test(character) ? character : escape.toUpperCase()
}

/** The URLs under which clients may know a request: the same path below each public URL. */
export function toKnownUrls(url: string, publicUrls: readonly string[]): readonly string[] {
  const [first, ...others] = publicUrls.map((base) => base.replace(/\/$/, ''))
  if (first === undefined || others.length === 0 || !url.startsWith(first)) return [url]
  const path = url.slice(first.length)
  return [url, ...others.map((base) => base + path)]
}
