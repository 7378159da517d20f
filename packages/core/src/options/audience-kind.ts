import { toListAdvice } from '../claim-path.js'
import type { ClaimAudience } from './options.js'
import { invalid } from './fail.js'
import { list, readTable, required, text } from './kinds.js'
import type { Kind, OptionTable } from './kinds.js'

/** An audience as read: values of `aud`, or a claim that stands in for it. */
export type ReadAudience = { readonly values: readonly string[] } | ClaimAudience

/** A path into the claims, as a list: real claim names contain dots, slashes and colons. */
export const claimPath: Kind<readonly string[]> = {
  wants: 'a list of member names from the outside in, such as ["resource_access", "orders"]',
  read(value, option) {
    if (typeof value === 'string') {
      throw invalid({ option, got: value, wants: this.wants, fix: `Write ${toListAdvice(value)}.` })
    }
    return list(text('a member name'), this.wants).read(value, option)
  },
}

/** The rows of a claim that must have one of some values. */
export const CLAIM_AUDIENCE: OptionTable<ClaimAudience> = {
  claim: required(claimPath),
  oneOf: required(list(text('a value'), 'a list of values')),
}

/** A string, a list of strings, or a claim. */
export const audience: Kind<ReadAudience> = {
  wants: 'the value that tokens name in "aud", a list of such values, or { claim, oneOf }',
  read(value, option) {
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return readTable(CLAIM_AUDIENCE, value, option)
    const values = Array.isArray(value) ? value : [value]
    return { values: list(text(this.wants), this.wants).read(values, option) }
  },
}
