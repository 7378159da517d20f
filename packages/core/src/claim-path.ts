/** A path into the claims: member names from the outside in. Never a dotted string. */
export type ClaimPath = readonly string[]

/** Member names from the outside in, or the same as a JSON Pointer (RFC 6901). */
export type ClaimPathInput = ClaimPath | `/${string}`

/**
 * Reads a path. Real claim names hold dots, slashes and colons, so a dotted string is never taken apart.
 *
 * @throws TypeError naming `where` and the fix
 */
export function toClaimPath(where: string, path: unknown): ClaimPath {
  if (typeof path === 'string' && path.startsWith('/') && !/~(?![01])/.test(path)) {
    const steps = path.slice(1).split('/')
    return Object.freeze(steps.map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~')))
  }
  if (Array.isArray(path) && path.length > 0 && path.every((step) => typeof step === 'string'))
    return Object.freeze([...path])
  const fix = typeof path === 'string' ? `: write ${toListAdvice(path)}` : ''
  throw new TypeError(`${where} wants a path as a list of member names or a JSON Pointer${fix}`)
}

/**
 * A text as the list that a path is. Nobody but its writer knows what a dot in it means, so both lists are shown; dots of
 * a URL are never steps.
 */
export function toListAdvice(text: string): string {
  const shown = text.slice(0, 80)
  const named = JSON.stringify([shown])
  const steps = shown.split('.')
  if (steps.length === 1 || steps.includes('') || /[/:]/.test(shown)) return named
  const nested = `[${steps.map((step) => JSON.stringify(step)).join(', ')}]`
  return `${nested} for a member inside another, ${named} for a name with a dot in it`
}

/**
 * Follows a path of member names through own members alone: `constructor` and `__proto__` lead nowhere.
 * `undefined` where a step is missing or is not an object.
 */
export function findPath(claims: Readonly<Record<string, unknown>>, path: ClaimPath): unknown {
  let value: unknown = claims
  for (const name of path) {
    if (typeof value !== 'object' || value === null) return undefined
    const next = (value as Record<string, unknown>)[name]
    if (next === undefined || Array.isArray(value) || !Object.hasOwn(value, name)) return undefined
    value = next
  }
  return value
}
