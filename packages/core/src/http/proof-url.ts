/** No empty authority, no user name, printable ASCII without back slashes: nothing that the URL parser would mend. */
const STRICT = /^https?:\/\/[A-Za-z0-9\-._~:[\]]+(?:\/[\x21-\x5B\x5D-\x7E]*)?$/i

/**
 * Normalises a URL for comparison: scheme and host in lower case, default port and dot segments gone, an empty path `/`,
 * percent-encoding in upper case and only where it is needed. Query and fragment are dropped.
 *
 * `undefined` for what is no absolute http or https URL: the URL parser would quietly mend back slashes, tabs and line
 * breaks, and what was mended is not what was signed.
 *
 * @see RFC 9449 section 4.3 step 9, RFC 3986 sections 6.2.2 and 6.2.3
 */
export function normalizeProofUrl(text: string): string | undefined {
  const end = text.search(/[?#]/)
  const compared = end === -1 ? text : text.slice(0, end)
  if (compared.length > 8_192 || !STRICT.test(compared) || !URL.canParse(compared)) return undefined
  const { origin, pathname } = new URL(compared)
  return origin + pathname.replace(/%[0-9a-f]{2}/gi, normalizeEscape)
}

/** Unreserved characters need no escape (RFC 3986 section 2.3); any other escape is written in upper case. */
function normalizeEscape(escape: string): string {
  const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16))
  return /[A-Za-z0-9\-._~]/.test(character) ? character : escape.toUpperCase()
}

/** A public URL as {@link toKnownUrls} takes it: normalised, without the slash at its end. `undefined` where it cannot be. */
export function toUrlRoot(publicUrl: string): string | undefined {
  return normalizeProofUrl(publicUrl)?.replace(/\/$/, '')
}

/**
 * The URLs under which clients may know a request, normalised: the same path below each root. Without roots, the request's own.
 *
 * None where it stands below no root. Dot segments climb out of a prefix that a proxy has stripped, to where another API
 * stands: a proof that was made for that one must not hold here.
 */
export function toKnownUrls(url: string, roots: readonly string[]): readonly string[] {
  const asked = normalizeProofUrl(url)
  if (asked === undefined) return []
  if (roots.length === 0) return [asked]
  const own = roots.find((root) => asked === root || asked.startsWith(`${root}/`))
  if (own === undefined) return []
  const path = asked.slice(own.length)
  // Behind a proxy that strips its prefix, a request for the prefix itself looks like one for the slash after it.
  return roots.flatMap((root) => (path === '/' ? [root, `${root}/`] : [root + path]))
}
