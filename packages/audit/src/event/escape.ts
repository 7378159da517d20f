import { hash } from 'node:crypto'

/**
 * Control characters, line and paragraph separators, and what turns the direction of text around: each of them makes a reader, or
 * their terminal, see another line than the one that was written. A backslash before `u`, so that the escape can be read back.
 */
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const UNSAFE = /[\u0000-\u001F\u007F-\u009F\u00AD\u061C\u200B-\u200F\u2028-\u202E\u2060-\u2069\uFEFF]|\\(?=u)/g
/** The cheap question first: nearly all text is printable ASCII. */
const PLAIN = /^[\x20-\x5B\x5D-\x7E]*$/

const SCHEME = /(?<![A-Za-z])(?:Bearer|DPoP|Basic)(?:[\s+]|%20)+[\w.~+/=-]{8,}/gi
const HAS_SCHEME = /Bearer|DPoP|Basic/i
/** Whole runs of what tokens are made of: one pass, however the text is made. In a path the dot may be escaped. */
const RUN = /(?:[\w.-]|%2e){16,}/gi
const DOT = /\.|%2e/i

/** So far behind the cut a token is still looked for. */
const OVERLAP = 4_096

/**
 * Text as it may be kept: no token, no control character, no half of a surrogate pair, at most `maxLength` characters and a mark of
 * what was cut: `…[<characters>:<12 of SHA-256 in base64url>]`, by which two long texts are still told apart.
 */
export function escapeText(text: string, maxLength: number): string {
  const isCut = text.length > maxLength
  const kept = maskTokens(isCut ? text.slice(0, maxLength + OVERLAP) : text).slice(0, maxLength)
  // Halves of surrogate pairs become U+FFFD: canonical JSON knows no other text.
  const safe = PLAIN.test(kept) ? kept : kept.toWellFormed().replace(UNSAFE, toEscape)
  return isCut ? `${safe}…[${text.length}:${hash('sha256', text.toWellFormed(), 'base64url').slice(0, 12)}]` : safe
}

/** Whoever sends a token as their user agent must not find it kept. */
function maskTokens(text: string): string {
  const spoken = HAS_SCHEME.test(text) ? text.replace(SCHEME, '[token]') : text
  return spoken.includes('eyJ') ? spoken.replace(RUN, maskRun) : spoken
}

/** A JSON object in base64url begins with `eyJ`; a JWT goes on with a dot. */
function maskRun(run: string): string {
  const at = run.indexOf('eyJ')
  return at >= 0 && DOT.test(run.slice(at)) ? `${run.slice(0, at)}[token]` : run
}

function toEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
