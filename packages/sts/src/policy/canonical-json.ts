/**
 * The one way to write a plain value as JSON: members in the order of their names, absent ones left out. As RFC 8785 for
 * objects, lists, strings, booleans and whole numbers.
 */
export function toCanonicalJson(value: unknown): string {
  return JSON.stringify(value, (_name, member: unknown) => {
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member
    const entries = Object.entries(member).filter(([, held]) => held !== undefined)
    return Object.fromEntries(entries.toSorted(([left], [right]) => (left < right ? -1 : 1)))
  })
}
