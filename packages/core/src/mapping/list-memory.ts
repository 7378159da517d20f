/** Texts that are remembered at once. An issuer's applications ask for a few combinations of scopes; a memory of all is none. */
const MAX_TEXTS = 500
/** A longer text is read anew each time: what is remembered stays under 1 MB, whatever issuers write. */
const MAX_TEXT_LENGTH = 500

/**
 * Remembers which frozen list a text stands for, so that the tokens that say the same share one: neither split nor frozen
 * again, 0.3 us a token, and half a kilobyte less for each verdict that is kept. Only texts of tokens that were verified
 * belong in it.
 */
export function createListMemory(read: (text: string) => readonly string[]): (text: string) => readonly string[] {
  const lists = new Map<string, readonly string[]>()
  return (text) => {
    const known = lists.get(text)
    if (known !== undefined) return known
    const list = Object.freeze(read(text))
    if (text.length > MAX_TEXT_LENGTH) return list
    if (lists.size >= MAX_TEXTS) lists.clear()
    lists.set(text, list)
    return list
  }
}
