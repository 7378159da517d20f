/**
 * Checks what a guard was built from, once, while the application starts. A guard of nothing would guard nothing.
 *
 * @throws TypeError naming the guard and the fix
 */
export function toNames(guard: string, names: readonly string[]): readonly string[] {
  if (names.length === 0) throw new TypeError(`${guard}() wants at least one argument: without any it would let everyone in`)
  for (const name of names) {
    if (typeof name !== 'string') throw new TypeError(`${guard}() wants strings, got ${typeof name}: pass each as an argument of its own`)
    if (!/^[\x21\x23-\x5B\x5D-\x7E]+$/.test(name)) {
      throw new TypeError(`${guard}() wants names without spaces, quotes or backslashes: pass each as an argument of its own`)
    }
  }
  return Object.freeze([...names])
}
