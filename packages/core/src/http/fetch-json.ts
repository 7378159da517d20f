import { UpstreamError } from '../errors.js'
import { toLoggedUrl } from './fetch-url.js'

const MAX_DEPTH = 16
/** Brackets, colons and commas: half a megabyte of `{}` would take 50 ms to build and to walk. A key has fifteen to twenty of them. */
const MAX_PARTS = 30_000
const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Parses a fetched JSON object: valid UTF-8, RFC 8259 to the letter, at most 16 levels deep, with at most 30,000
 * brackets, colons and commas.
 * Not checked: its members, nor that none stands there twice.
 *
 * @param url where it came from, for the error
 * @throws UpstreamError `ERR_UPSTREAM_CONTENT`
 */
export function parseFetchedJson(body: Uint8Array, url: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    const text = utf8.decode(body)
    checkShape(text)
    value = JSON.parse(text)
  } catch {
    // The parser's message quotes the body, which is not ours to repeat.
    throw new UpstreamError('ERR_UPSTREAM_CONTENT', { detail: { wants: 'a JSON object', url: toLoggedUrl(url) } })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UpstreamError('ERR_UPSTREAM_CONTENT', { detail: { wants: 'a JSON object', url: toLoggedUrl(url) } })
  }
  return value as Readonly<Record<string, unknown>>
}

/** Before the parser runs: it recurses, and half a megabyte of brackets is deeper than a stack. */
function checkShape(text: string): void {
  let depth = 0
  let parts = 0
  let inString = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (inString) {
      if (code === 0x5c) at++
      else if (code === 0x22) inString = false
    } else if (code === 0x22) inString = true
    else if (code === 0x7b || code === 0x5b) {
      if (++depth > MAX_DEPTH || ++parts > MAX_PARTS) throw new RangeError('too deep or too many')
    } else if (code === 0x3a || code === 0x2c) {
      if (++parts > MAX_PARTS) throw new RangeError('too many')
    } else if (code === 0x7d || code === 0x5d) depth--
  }
}
