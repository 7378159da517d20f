import { ConfigurationError } from '../errors.js'

/** One option that cannot be as it is. */
export interface OptionProblem {
  /** As one would write it: `issuers[1].algorithms`. */
  readonly option: string
  readonly got: unknown
  readonly wants: string
  readonly fix: string
  /** Whether the value may be a credential or a key: it is then named by its kind alone. */
  readonly secret?: boolean
}

/**
 * How the options in an answer of `resolveIssuer` begin. An application may make its answer of the name that a stranger chose: its
 * values are named by their kind alone.
 */
export const ANSWER = 'resolveIssuer()'

/** The error for an option whose value cannot be. Names option, got, wants and fix. */
export function invalid({ option, got, wants, fix, secret = false }: OptionProblem): ConfigurationError {
  const message = `Option "${option}": got ${describe(got, secret || option.startsWith(ANSWER))}, wants ${wants}. ${fix}`
  return new ConfigurationError(got === undefined ? 'ERR_CONFIG_MISSING' : 'ERR_CONFIG_INVALID', message, { option })
}

/** The error for an option that does not exist, with its place where it is known to have one elsewhere, else the nearest that does. */
export function unknownOption(
  option: string,
  name: string,
  known: readonly string[],
  place?: string,
): ConfigurationError {
  const nearest = findNearest(name, known)
  const fix =
    place ?? (nearest === undefined ? `The options there are: ${known.join(', ')}.` : `Did you mean "${nearest}"?`)
  return new ConfigurationError('ERR_CONFIG_UNKNOWN', `Option "${option}" is unknown. ${fix}`, { option })
}

/**
 * The error about an answer of `resolveIssuer` as a log may have it: what is wrong in full, as `problem`. Where an application
 * makes names of a stranger's text as well, nothing is left of that but a line of printable ASCII.
 */
export function toLoggedError({ reason, message, detail }: ConfigurationError): ConfigurationError {
  const option = toPrintable(String(detail?.['option']))
  return new ConfigurationError(reason as 'ERR_CONFIG_INVALID', message, { option, problem: toPrintable(message) })
}

function toPrintable(text: string): string {
  return text
    .replaceAll('…', '...')
    .replaceAll(/[^\x20-\x7E]/gu, '?')
    .slice(0, 400)
}

/** A value as an operator recognises it, cut short; objects by their kind alone, because they may hold secrets. */
function describe(value: unknown, secret: boolean): string {
  if (value === undefined) return 'nothing'
  if (typeof value === 'string') return secret ? 'a string' : quote(value)
  if (value instanceof Uint8Array) return `${value.length} bytes`
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (typeof value === 'object' && value !== null) return 'an object'
  return typeof value === 'function' ? 'a function' : String(value as number | bigint | boolean | symbol | null)
}

/** Cut short, and without what stands before an `@` or after a `?`: passwords and access keys are kept in URLs. */
export function quote(text: string): string {
  const shown = text.replace(/^.*@/su, '…@').replace(/\?.*$/su, '?…')
  return JSON.stringify(shown.length > 80 ? `${shown.slice(0, 79)}…` : shown)
}

/** The known name with the fewest edits to the given one, where that is near enough to be a slip. */
export function findNearest(name: string, known: readonly string[]): string | undefined {
  let nearest: string | undefined
  let fewest = Math.max(2, Math.floor(name.length / 2)) + 1
  for (const candidate of known) {
    const begins = name.length >= 4 && candidate.toLowerCase().startsWith(name.toLowerCase())
    const edits = begins ? 1 : countEdits(name.toLowerCase(), candidate.toLowerCase())
    if (edits < fewest) {
      fewest = edits
      nearest = candidate
    }
  }
  return nearest
}

/** Levenshtein distance, one row at a time. */
function countEdits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let left = 1; left <= from.length; left++) {
    const next = [left]
    for (let right = 1; right <= to.length; right++) {
      const same = from[left - 1] === to[right - 1] ? 0 : 1
      next.push(Math.min((next[right - 1] ?? 0) + 1, (row[right] ?? 0) + 1, (row[right - 1] ?? 0) + same))
    }
    row = next
  }
  return row[to.length] ?? 0
}
