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
  const fix = typeof path === 'string' ? `: write [${JSON.stringify(path.slice(0, 80))}]` : ''
  throw new TypeError(`${where} wants a path as a list of member names or a JSON Pointer${fix}`)
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
