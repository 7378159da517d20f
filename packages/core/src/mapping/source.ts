import { findPath, toClaimPath } from '../claim-path.js'
import type { ClaimPath } from '../claim-path.js'
import type { Source } from '../options/mapping-options.js'
import { findClaim, isTextList } from '../steps/claim-types.js'
import type { Payload } from '../steps/claim-types.js'
import { toListReader } from './list-memory.js'

/** A compiled source. `undefined` means absent: the next source is asked. */
export interface SourceReader {
  readonly text: (payload: Payload) => string | undefined
  readonly list: (payload: Payload) => readonly string[] | undefined
  /** The claim as it is where nothing is to be made of it; otherwise its list or text. */
  readonly value: (payload: Payload) => unknown
}

/** Compiles a source whose form the options have checked. */
export function compileSource(source: Source): SourceReader {
  if ('constant' in source) return toConstant(source.constant)
  const path = toClaimPath('claim', source.claim)
  const { separator, table, prefix, take } = source
  const translate = table === undefined && prefix === undefined ? undefined : toTranslation(table, prefix)
  const find = take === 'names' ? (payload: Payload) => findNames(payload, path) : toFinder(path)
  const toList = toLister(separator)
  const list = (payload: Payload): readonly string[] | undefined => {
    const found = toList(find(payload))
    return found === undefined || translate === undefined ? found : Object.freeze(found.flatMap(translate))
  }
  const text = (payload: Payload): string | undefined => {
    const found = find(payload)
    if (typeof found !== 'string' || found === '') return undefined
    if (translate === undefined) return found
    const translated = translate(found)
    return translated.length === 1 ? translated[0] : undefined
  }
  const asIs = translate === undefined && separator === undefined && take !== 'names'
  return {
    text,
    list,
    value: asIs
      ? find
      : (payload) => (typeof find(payload) === 'string' && separator === undefined ? text(payload) : list(payload)),
  }
}

/** Nearly every path is one name long, and a token is asked for ten of them. */
function toFinder(path: ClaimPath): (payload: Payload) => unknown {
  const [only, another] = path
  return only !== undefined && another === undefined
    ? (payload) => findClaim(payload, only)
    : (payload) => findPath(payload, path)
}

function toConstant(constant: string | readonly string[]): SourceReader {
  const list = Object.freeze(typeof constant === 'string' ? [constant] : [...constant])
  const text = typeof constant === 'string' ? constant : undefined
  return { text: () => text, list: () => list, value: () => text ?? list }
}

/** A string, split where the mapping says so, or an array of nothing but strings. Anything else is absent, never coerced. */
function toLister(separator: string | undefined): (found: unknown) => readonly string[] | undefined {
  const split = toListReader(separator)
  return (found) => {
    if (typeof found === 'string') return found === '' && separator === undefined ? undefined : split(found)
    return isTextList(found) ? found : undefined
  }
}

function findNames(payload: Payload, path: readonly string[]): unknown {
  const found = findPath(payload, path)
  return typeof found === 'object' && found !== null && !Array.isArray(found)
    ? Object.freeze(Object.keys(found))
    : undefined
}

function toTranslation(
  table: Readonly<Record<string, string | readonly string[]>> | undefined,
  prefix = '',
): (value: string) => readonly string[] {
  if (table === undefined) return (value) => [prefix + value]
  // A Map: a claim that says "constructor" must not find what every object inherits.
  const rows = new Map(
    Object.entries(table).map(([name, to]) => [
      name,
      (typeof to === 'string' ? [to] : to).map((value) => prefix + value),
    ]),
  )
  return (value) => rows.get(value) ?? []
}
