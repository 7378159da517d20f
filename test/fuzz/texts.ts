import fc from 'fast-check'

/** One change to a text, as a fuzzer makes them. Positions are fractions, so that they fit a text of any length. */
type Change =
  | { readonly kind: 'insert' | 'replace'; readonly at: number; readonly text: string }
  | { readonly kind: 'delete' | 'flip' | 'repeat'; readonly at: number; readonly length: number }
  | { readonly kind: 'splice'; readonly at: number; readonly from: number; readonly length: number }

const position = fc.double({ min: 0, max: 0.9999, noNaN: true })
const length = fc.integer({ min: 1, max: 12 })

/**
 * Texts that come of good ones by a few changes: most are nearly right, which is where readers go wrong.
 *
 * @param seeds good texts; the changes of one may take pieces of another
 * @param dictionary pieces that mean something to the reader
 */
export function mutated(seeds: readonly string[], dictionary: readonly string[]): fc.Arbitrary<string> {
  const piece = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...dictionary) },
    { weight: 1, arbitrary: fc.string({ minLength: 1, maxLength: 3 }) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 2 }) },
  )
  const change: fc.Arbitrary<Change> = fc.oneof(
    fc.record({ kind: fc.constantFrom('insert', 'replace'), at: position, text: piece }),
    fc.record({ kind: fc.constantFrom('delete', 'flip', 'repeat'), at: position, length }),
    fc.record({ kind: fc.constant('splice' as const), at: position, from: position, length }),
  )
  return fc
    .tuple(fc.constantFrom(...seeds), fc.constantFrom(...seeds), fc.array(change, { maxLength: 6 }))
    .map(([text, other, changes]) => changes.reduce((changed, each) => apply(changed, each, other), text))
}

function apply(text: string, change: Change, other: string): string {
  const at = Math.floor(change.at * (text.length + 1))
  switch (change.kind) {
    case 'insert':
      return text.slice(0, at) + change.text + text.slice(at)
    case 'replace':
      return text.slice(0, at) + change.text + text.slice(at + change.text.length)
    case 'delete':
      return text.slice(0, at) + text.slice(at + change.length)
    case 'flip':
      return (
        text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ (1 << (change.length % 8))) + text.slice(at + 1)
      )
    case 'repeat':
      return text.slice(0, at) + text.slice(at, at + change.length).repeat(change.length) + text.slice(at)
    case 'splice': {
      const from = Math.floor(change.from * other.length)
      return text.slice(0, at) + other.slice(from, from + change.length) + text.slice(at)
    }
  }
}
