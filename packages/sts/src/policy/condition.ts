import { invalid, list, readTable, required, text } from '@countersign/core/adapter'
import type { Kind, OptionTable } from '@countersign/core/adapter'

/** A condition as read: a path of member names from the outside in. */
export interface ResolvedCondition {
  readonly path: readonly string[]
  readonly oneOf: readonly (string | number | boolean)[]
}

const path: Kind<readonly string[]> = {
  wants: 'the name of a mapped claim, or a path to it as a list of names',
  read: (value, option) => list(text('a name'), path.wants).read(typeof value === 'string' ? [value] : value, option),
}

const value: Kind<string | number | boolean> = {
  wants: 'a string, a number or true or false',
  read(given, option) {
    if (typeof given === 'string' || typeof given === 'number' || typeof given === 'boolean') return given
    throw invalid({ option, got: given, wants: this.wants, fix: 'Values are compared exactly.' })
  },
}

const CONDITION_TABLE: OptionTable<{ readonly claim: readonly string[]; readonly oneOf: ResolvedCondition['oneOf'] }> =
  {
    claim: required(path),
    oneOf: required(list(value, 'a list of values')),
  }

/** A claim, and what it may be. */
export const condition: Kind<ResolvedCondition> = {
  wants: 'a condition: a claim, and what it may be',
  read(given, option) {
    const read = readTable(CONDITION_TABLE, given, option)
    return Object.freeze({ path: read.claim, oneOf: read.oneOf })
  },
}

/** Whether a claim is one of the values, or a list that holds one. What is not there is none of them. */
export function isMet({ path: names, oneOf }: ResolvedCondition, claims: Readonly<Record<string, unknown>>): boolean {
  let found: unknown = claims
  for (const name of names) {
    // Own members alone: `constructor` is no claim.
    if (typeof found !== 'object' || found === null || Array.isArray(found) || !Object.hasOwn(found, name)) return false
    found = (found as Readonly<Record<string, unknown>>)[name]
  }
  const values: readonly unknown[] = Array.isArray(found) ? found : [found]
  return values.some((entry) => oneOf.some((wanted) => wanted === entry))
}

/**
 * Whether a condition could be met, as far as anybody knows: it is, or its claim is none of the claims, which are not all there are.
 * `acr` is never left out.
 */
export function mayBeMet(condition: ResolvedCondition, claims: Readonly<Record<string, unknown>>): boolean {
  const [name = ''] = condition.path
  return isMet(condition, claims) || (name !== 'acr' && !Object.hasOwn(claims, name))
}
