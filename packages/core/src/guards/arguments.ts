/** What the arguments of a guard are called, and what they may look like. */
export interface NameForm {
  readonly words: string
  readonly pattern: RegExp
}

/** `scope-token`, RFC 6749 section 3.3. */
export const SCOPE_TOKENS: NameForm = {
  words: 'scopes without spaces, quotes or backslashes: pass each as an argument of its own',
  pattern: /^[\x21\x23-\x5B\x5D-\x7E]+$/,
}

/** Anything that is not empty: names of roles and groups may hold spaces. */
export const NAMES: NameForm = { words: 'names that are not empty', pattern: /[^]/ }

/**
 * Checks what a guard was built from, once, while the application starts. A guard of nothing would guard nothing.
 *
 * @throws TypeError naming the guard and the fix
 */
export function toNames(guard: string, names: readonly string[], form: NameForm = NAMES): readonly string[] {
  if (!Array.isArray(names)) throw new TypeError(`${guard}() wants a list of ${form.words}`)
  if (names.length === 0)
    throw new TypeError(`${guard}() wants at least one argument: without any it would let everyone in`)
  for (const name of names) {
    if (typeof name !== 'string') {
      throw new TypeError(`${guard}() wants strings, got ${typeof name}: pass each as an argument of its own`)
    }
    if (!form.pattern.test(name)) throw new TypeError(`${guard}() wants ${form.words}`)
  }
  return Object.freeze([...names])
}

/**
 * Checks the options object of a guard: no unknown member, because a misspelt condition is no condition.
 *
 * @throws TypeError naming the guard and the member
 */
export function checkMembers(guard: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError(`${guard}() wants an object of ${known.join(', ')}`)
  }
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw new TypeError(`${guard}() does not know "${name}": it wants ${known.join(', ')}`)
  }
}
