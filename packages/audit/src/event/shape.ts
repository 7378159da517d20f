import { escapeText } from './escape.js'
import { NEIGHBOURHOOD, toNetwork } from './network.js'

/** What is done to people's names and addresses before anything is kept. */
export interface Privacy {
  /** The pseudonym of a subject; `undefined` where subjects are kept as they are. */
  readonly toPseudonym: ((iss: string, sub: string) => string) | undefined
  readonly shortAddresses: boolean
}

/** Nothing is done to them. */
export const AS_IT_IS: Privacy = { toPseudonym: undefined, shortAddresses: false }

/** One kind of value in an event: what of it is kept. What is of another kind is not. */
export interface Shape {
  readonly wants: string
  /** The members of an object, by name. */
  readonly members?: Readonly<Record<string, Shape>>
  /** What a list is made of. */
  readonly entry?: Shape
  /** `undefined` for what is not kept. `holder` is the object whose member it is. */
  keep(value: unknown, privacy: Privacy, holder: object): unknown
}

/** Text of at most so many characters, escaped. */
export function text(maxLength: number): Shape {
  return {
    wants: `text, ${maxLength} characters`,
    keep: (value) => (typeof value === 'string' && value !== '' ? escapeText(value, maxLength) : undefined),
  }
}

/** Text up to its first `?` or `#`: queries carry codes and tokens. */
export function route(maxLength: number): Shape {
  const { wants, keep } = text(maxLength)
  return {
    wants: `${wants}, without query`,
    keep: (value, ...rest) => keep(typeof value === 'string' ? value.replace(/[?#].*$/s, '') : undefined, ...rest),
  }
}

/** One of a few words. */
export function word(...words: readonly string[]): Shape {
  return { wants: words.map((each) => `\`${each}\``).join(' '), keep: (value) => words.find((each) => each === value) }
}

/** A name of an error table, of capitals or of small letters. What does not look like one is replaced: it may be text of a stranger. */
export const reason: Shape = {
  wants: 'a reason of an error table',
  keep(value) {
    if (value === undefined) return undefined
    return typeof value === 'string' && /^(?:[A-Z][A-Z0-9_]{0,63}|[a-z][a-z0-9_.]{0,63})$/.test(value)
      ? value
      : 'ERR_REASON_MALFORMED'
  },
}

/** A number that JSON can carry. */
export const number: Shape = {
  wants: 'a number',
  keep: (value) => (typeof value === 'number' && Number.isFinite(value) ? value : undefined),
}

/** Yes or no. */
export const flag: Shape = {
  wants: 'true or false',
  keep: (value) => (typeof value === 'boolean' ? value : undefined),
}

/** An IP address, or its network where addresses are shortened. */
export const address: Shape = {
  wants: 'an IP address, or its network',
  keep(value, { shortAddresses }) {
    if (typeof value !== 'string') return undefined
    return shortAddresses ? toNetwork(value, NEIGHBOURHOOD) : escapeText(value, 64)
  },
}

/** A subject, or its pseudonym. */
export const subject: Shape = {
  wants: 'text, 255 characters, or `hmac256:<key id>:<base64url>`',
  keep(value, { toPseudonym }, holder) {
    if (typeof value !== 'string') return undefined
    const { iss } = holder as { readonly iss?: unknown }
    return toPseudonym === undefined ? escapeText(value, 255) : toPseudonym(typeof iss === 'string' ? iss : '', value)
  },
}

/** A list of at most so many. What stands in place of the rest says how many there were. `toMark`: as an entry like the others. */
export function list(
  entry: Shape,
  maxLength: number,
  toMark: (mark: string) => string | object = (mark) => mark,
): Shape {
  return {
    wants: `a list, up to ${maxLength}`,
    entry,
    keep(value, privacy) {
      if (!Array.isArray(value)) return undefined
      const kept = Array.from(value.slice(0, maxLength), (each: unknown) => entry.keep(each, privacy, value))
      const some = kept.filter((each) => each !== undefined)
      if (value.length > maxLength) some.push(toMark(`…[${value.length}]`))
      return some
    },
  }
}

/** An object of these members. Any other is left out: what a source did not mean to tell is not kept. */
export function members(shapes: Readonly<Record<string, Shape>>): Shape {
  const rows = Object.entries(shapes)
  return {
    wants: 'an object',
    members: shapes,
    keep(value, privacy) {
      if (typeof value !== 'object' || value === null) return undefined
      const given = value as Readonly<Record<string, unknown>>
      const kept: Record<string, unknown> = {}
      for (const [name, shape] of rows) {
        if (!Object.hasOwn(given, name)) continue
        const found = shape.keep(given[name], privacy, value)
        if (found !== undefined) kept[name] = found
      }
      return kept
    },
  }
}
