import { invalid, unknownOption } from './fail.js'

/** How one kind of value is read: `wants` says in words what `read` accepts. */
export interface Kind<T> {
  readonly wants: string
  /** The rows of an object of options: what documentation is made of. */
  readonly rows?: Readonly<Record<string, OptionRow<unknown>>>
  /** @throws ConfigurationError naming `option` */
  read(value: unknown, option: string): T
}

/** One row of an option table: its kind, and what holds where it is absent. */
export interface OptionRow<T> {
  readonly kind: Kind<unknown>
  readonly required: boolean
  readonly fallback: T
}

/** A table of options: every name there is, in the order of the documentation. */
export type OptionTable<T> = { readonly [K in keyof T]-?: OptionRow<T[K]> }

/** A row that must be given. */
export function required<T>(kind: Kind<T>): OptionRow<T> {
  return { kind, required: true, fallback: undefined as T }
}

/** A row with a safe default. */
export function optional<T>(kind: Kind<T>, fallback: T): OptionRow<T>
export function optional<T>(kind: Kind<T>): OptionRow<T | undefined>
export function optional<T>(kind: Kind<T>, fallback?: T): OptionRow<T | undefined> {
  return { kind, required: false, fallback }
}

/** What is said of a table beyond the names in it. */
export interface TableWords {
  /** What will do in place of an object too. */
  readonly wants?: string
  /** Names that have their place elsewhere, each with the sentence that says where. */
  readonly places?: Readonly<Record<string, string>>
}

/** Reads a plain object by a table: unknown names are errors, `undefined` counts as absent. */
export function readTable<T extends object>(
  table: OptionTable<T>,
  value: unknown,
  option: string,
  { wants, places = {} }: TableWords = {},
): T {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    if (option !== '')
      throw invalid({ option, got: value, wants: wants ?? toShape(table), fix: 'Write such an object.' })
    throw invalid({ option: 'options', got: value, wants: 'an object', fix: 'Pass the options as one object.' })
  }
  const names = Object.keys(table)
  for (const name of Object.keys(value)) {
    if (Object.hasOwn(table, name)) continue
    throw unknownOption(join(option, name), name, names, Object.hasOwn(places, name) ? places[name] : undefined)
  }
  const given = value as Readonly<Record<string, unknown>>
  const read = names.map((name) => {
    const row = (table as Readonly<Record<string, OptionRow<unknown>>>)[name] as OptionRow<unknown>
    const found = given[name]
    if (found !== undefined) {
      checkOwn(given, name, join(option, name))
      return [name, row.kind.read(found, join(option, name))]
    }
    if (row.required) {
      throw invalid({
        option: join(option, name),
        got: undefined,
        wants: row.kind.wants,
        fix: 'It has no safe default.',
      })
    }
    return [name, row.fallback]
  })
  return Object.freeze(Object.fromEntries(read)) as T
}

/** The members of an object as one would write them, those that may be absent with a question mark. */
function toShape(table: Readonly<Record<string, OptionRow<unknown>>>): string {
  const members = Object.entries(table).map(([name, row]) => (row.required ? name : `${name}?`))
  return `{ ${members.join(', ')} }`
}

/** A polluted `Object.prototype` must not write the options that nobody wrote; and a class that inherits them is told so. */
function checkOwn(given: object, name: string, option: string): void {
  if (Object.hasOwn(given, name)) return
  const fix = 'It comes from the prototype of the options: write it into the object itself.'
  throw invalid({ option, got: 'an inherited value', wants: 'a member of its own', fix })
}

/** A nested table. */
export function table<T extends object>(rows: OptionTable<T>): Kind<T> {
  const wants = `an object of ${Object.keys(rows).join(', ')}`
  return { wants, rows: toRows(rows), read: (value, option) => readTable(rows, value, option) }
}

/** A table as what is known of any table. */
export function toRows<T>(rows: OptionTable<T>): Readonly<Record<string, OptionRow<unknown>>> {
  return rows
}

/** A non-empty string, within a length in characters. */
export function text(wants: string, maxLength = 2_048): Kind<string> {
  return {
    wants,
    read(value, option) {
      const fits = typeof value === 'string' && value.length > 0 && value.length <= maxLength
      if (fits && value.isWellFormed()) return value
      const fix = fits ? 'Half of a surrogate pair is in it.' : `Pass a string of 1 to ${maxLength} characters.`
      throw invalid({ option, got: value, wants, fix })
    },
  }
}

/** A number within bounds, whole where `whole` says so. */
export function number(unit: string, least: number, most: number, whole = false): Kind<number> {
  const wants = `${whole ? 'a whole number' : 'a number'} of ${unit} from ${least} ${most === Infinity ? 'up' : `to ${most}`}`
  return {
    wants,
    read(value, option) {
      const fits = typeof value === 'number' && value >= least && value <= most && Number.isFinite(value)
      if (fits && (!whole || Number.isInteger(value))) return value
      throw invalid({ option, got: value, wants, fix: toNumberFix(value, unit, least, most) })
    },
  }
}

function toNumberFix(value: unknown, unit: string, least: number, most: number): string {
  if (typeof value !== 'number') return `Give a number in ${unit}, without quotes.`
  if (value < least) return `Give at least ${least}.`
  if (value > most) return `Give at most ${most}.`
  return Number.isFinite(value) ? 'Give a whole number.' : 'Give a finite number.'
}

/** Yes or no, and nothing that merely looks like it. */
export const flag: Kind<boolean> = {
  wants: 'true or false',
  read(value, option) {
    if (typeof value === 'boolean') return value
    throw invalid({ option, got: value, wants: 'true or false', fix: 'Strings such as "false" count as neither.' })
  },
}

/** One of a few words. */
export function oneOf<const T extends string>(words: readonly T[], fix?: string): Kind<T> {
  const wants = `one of ${words.map((word) => `"${word}"`).join(', ')}`
  return {
    wants,
    read(value, option) {
      const found = words.find((word) => word === value)
      if (found !== undefined) return found
      throw invalid({ option, got: value, wants, fix: fix ?? 'Names are compared exactly, case included.' })
    },
  }
}

/** A list of at least one. */
export function list<T>(entry: Kind<T>, wants: string): Kind<readonly T[]> {
  return {
    wants,
    read(value, option) {
      if (!Array.isArray(value)) throw invalid({ option, got: value, wants, fix: 'Give a list, even for one entry.' })
      if (value.length === 0) throw invalid({ option, got: value, wants, fix: 'Give a list with at least one entry.' })
      // Not map(), which passes holes over: [, 'ES256'] has an entry that nobody has read.
      return Object.freeze(Array.from(value, (item: unknown, index) => entry.read(item, `${option}[${index}]`)))
    },
  }
}

/** A list that may be empty. */
export function listOrNone<T>(entry: Kind<T>, wants: string): Kind<readonly T[]> {
  const some = list(entry, wants)
  const none: readonly T[] = Object.freeze([])
  return {
    wants,
    read: (value, option) => (Array.isArray(value) && value.length === 0 ? none : some.read(value, option)),
  }
}

/** An object that has these methods. */
export function methods<T>(wants: string, names: readonly string[]): Kind<T> {
  return {
    wants,
    read(value, option) {
      const held = value as Readonly<Record<string, unknown>> | null | undefined
      if (typeof value === 'object' && names.every((name) => typeof held?.[name] === 'function')) return value as T
      throw invalid({ option, got: value, wants, fix: `It must have ${names.map((name) => `${name}()`).join(', ')}.` })
    },
  }
}

function join(option: string, name: string): string {
  return option === '' ? name : `${option}.${name}`
}
