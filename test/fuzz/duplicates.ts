/**
 * Whether an object anywhere in a JSON text names a member twice, spelled alike or by an escape: by a reader of its own, which shares
 * nothing with the one under test but the language. For texts that `JSON.parse` takes.
 */
export function hasDuplicates(text: string): boolean {
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/gs) ?? []
  const open: (Set<string> | undefined)[] = []
  for (const [at, token] of tokens.entries()) {
    if (token === '{') open.push(new Set())
    else if (token === '[') open.push(undefined)
    else if (token === '}' || token === ']') open.pop()
    else if (token.startsWith('"') && tokens[at + 1] === ':') {
      const names = open.at(-1)
      const name = JSON.parse(token) as string
      if (names?.has(name) === true) return true
      names?.add(name)
    }
  }
  return false
}

/** The deepest nesting, and the numbers of members and of objects and arrays, of a JSON text that `JSON.parse` takes. */
export function measureShape(text: string): {
  readonly depth: number
  readonly members: number
  readonly brackets: number
} {
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\]:]/gs) ?? []
  let [depth, deepest, members, brackets] = [0, 0, 0, 0]
  for (const token of tokens) {
    if (token === '{' || token === '[') {
      deepest = Math.max(deepest, ++depth)
      brackets++
    } else if (token === '}' || token === ']') depth--
    else if (token === ':') members++
  }
  return { depth: deepest, members, brackets }
}
