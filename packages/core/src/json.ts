/** Bounds on a JSON text, checked before anything is built from it. */
export interface JsonLimits {
  readonly depth: number
  /** Object members in the whole text. Objects and arrays may be as many, and `depth` more. */
  readonly members: number
}

/**
 * Parses a JSON text that a stranger wrote: at most so deep, at most so many members, no member named twice.
 * The result is frozen throughout.
 *
 * Two members of one name make two readers of one token disagree (RFC 8725 section 2.4, RFC 7519 section 4), so the
 * colons of the text are counted and compared with the members that parsing left.
 *
 * @throws SyntaxError with a constant message: too deep, too many members, objects or arrays, duplicate members, not JSON, lone surrogates
 */
export function parseJson(text: string, limits: JsonLimits): unknown {
  const members = countColons(text, limits)
  const value = JSON.parse(text) as unknown
  const surrogates = text.includes('\\u')
  if (settle(value, surrogates) !== members) throw new SyntaxError('A member is named twice')
  return value
}

/** Walks the text once, before any object exists: brackets nested by the thousand must cost nothing. */
function countColons(text: string, limits: JsonLimits): number {
  let depth = 0
  let members = 0
  let brackets = 0
  for (let index = 0; index < text.length; index++) {
    switch (text.charCodeAt(index)) {
      case 0x22: // "
        index = findStringEnd(text, index)
        break
      case 0x5b: // [
      case 0x7b: // {
        if (++depth > limits.depth) throw new SyntaxError('The JSON is nested too deeply')
        // Empty ones hold no member, and two thousand fit into a token: 100 kB once they are built, and remembered.
        if (++brackets > limits.members + limits.depth)
          throw new SyntaxError('The JSON has too many objects and arrays')
        break
      case 0x5d: // ]
      case 0x7d: // }
        depth--
        break
      case 0x3a: // :
        if (++members > limits.members) throw new SyntaxError('The JSON has too many members')
        break
    }
  }
  return members
}

/** The index of the quote that closes the string, or the text's length where none does. */
function findStringEnd(text: string, start: number): number {
  for (let end = start; ;) {
    end = text.indexOf('"', end + 1)
    if (end === -1) return text.length
    let before = end
    while (text.charCodeAt(before - 1) === 0x5c) before--
    if ((end - before) % 2 === 0) return end
  }
}

/** Freezes a parsed value throughout and counts its members. Recursion is bounded by the depth limit. */
function settle(value: unknown, surrogates: boolean): number {
  if (typeof value === 'string') {
    if (surrogates) checkWellFormed(value)
    return 0
  }
  if (typeof value !== 'object' || value === null) return 0
  let members = 0
  if (Array.isArray(value)) {
    for (const entry of value as unknown[]) members += settle(entry, surrogates)
  } else {
    for (const name of Object.keys(value)) {
      if (surrogates) checkWellFormed(name)
      members += 1 + settle((value as Record<string, unknown>)[name], surrogates)
    }
  }
  Object.freeze(value)
  return members
}

/** Half a surrogate pair has no UTF-8: two subjects that differ only there would meet as one in a database or a hash. */
function checkWellFormed(text: string): void {
  if (/\p{Surrogate}/u.test(text)) throw new SyntaxError('A string holds half a surrogate pair')
}
