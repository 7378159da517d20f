/** Texts that a memory holds at most. An issuer's applications ask for a few combinations of scopes; a memory of all is none. */
const MAX_TEXTS = 1_000
/** Their characters: what a memory takes is a multiple of these. */
const MAX_CHARACTERS = 100_000
/** A longer text is read anew each time, or a few of them would push out all others. */
const MAX_TEXT_LENGTH = 500
/** Separators with a memory. Scopes are set apart by a space, some lists by a comma; a list with a fifth separator is read anew each time. */
const MAX_SEPARATORS = 4

/** Makes the frozen list that a text stands for. */
export type ToList = (text: string) => readonly string[]

const toWhole = createListMemory((text) => [text])
const splitters = new Map<string, ToList>()

/**
 * The list that a text stands for: its parts between separators, those that are empty left out, or the text alone where there is no
 * separator. Each separator has one memory for all mappings of all issuers, because the list follows from those two alone.
 */
export function toListReader(separator: string | undefined): ToList {
  if (separator === undefined) return toWhole
  const known = splitters.get(separator)
  if (known !== undefined) return known
  const split: ToList = (text) => text.split(separator).filter((part) => part !== '')
  if (splitters.size >= MAX_SEPARATORS) return (text) => Object.freeze(split(text))
  const remembering = createListMemory(split)
  splitters.set(separator, remembering)
  return remembering
}

/**
 * Remembers which frozen list a text stands for, so that the tokens that say the same share one: neither split nor frozen
 * again, 0.3 us a token, and half a kilobyte less for each verdict that is kept. Only texts of tokens that were verified
 * belong in it. Full, it forgets all: that is 0.6 MB of ordinary scopes, and 2 MB where each character stands for itself and is not Latin.
 */
export function createListMemory(read: ToList): ToList {
  const lists = new Map<string, readonly string[]>()
  let characters = 0
  return (text) => {
    const known = lists.get(text)
    if (known !== undefined) return known
    const list = Object.freeze(read(text))
    if (text.length > MAX_TEXT_LENGTH) return list
    characters += text.length
    if (lists.size >= MAX_TEXTS || characters > MAX_CHARACTERS) {
      lists.clear()
      characters = text.length
    }
    lists.set(text, list)
    return list
  }
}
