import { createHash } from 'node:crypto'
import { invalid, readTable, required, text } from '@countersign/core/adapter'
import type { Kind, OptionTable } from '@countersign/core/adapter'
import { toCanonicalJson } from './canonical-json.js'
import { readRule } from './read-rule.js'
import type { Rule } from './read-rule.js'
import { findSoleIssuers } from './sole-issuers.js'
import type { PolicySurroundings } from './surroundings.js'

/** A policy as it was given, checked, its defaults filled in. */
export interface Policy {
  readonly id: string
  /** SHA-256 of the canonical rules, base64url: what decided, for the audit trail. */
  readonly hash: string
  readonly rules: readonly Rule[]
  /** For targets with `subject: 'same'`: the one issuer whose subjects reach it. By the name of the target. */
  readonly soleIssuers: ReadonlyMap<string, string>
}

/** Read one by one, once it is known what they may name. */
const rules: Kind<readonly unknown[]> = {
  wants: 'a list of rules; what none of them allows is refused',
  read(value, option) {
    if (Array.isArray(value) && value.length > 0) return Array.from(value as readonly unknown[])
    throw invalid({ option, got: value, wants: this.wants, fix: 'Without a rule nothing is ever issued.' })
  },
}

const POLICY_TABLE: OptionTable<{ readonly id: string; readonly rules: readonly unknown[] }> = {
  id: required(text('a name for the audit trail', 128)),
  rules: required(rules),
}

/**
 * Reads the policy.
 *
 * @throws ConfigurationError for a rule that names what does not exist, for `observe` on a rule that admits, and for `same`
 *   subjects where several issuers reach the target: one name would then mean two people
 */
export function toPolicy(options: unknown, surroundings: PolicySurroundings): Policy {
  const read = readTable(POLICY_TABLE, options, 'policy')
  const found = read.rules.map((rule, index) => readRule(rule, `policy.rules[${index}]`, surroundings))
  const ids = new Set<string>()
  found.forEach(({ id }, index) => {
    if (ids.has(id)) {
      const fix = 'The audit trail tells rules apart by it.'
      throw invalid({ option: `policy.rules[${index}].id`, got: id, wants: 'an id that no other rule has', fix })
    }
    ids.add(id)
  })
  return Object.freeze({
    id: read.id,
    hash: createHash('sha256').update(toCanonicalJson(read)).digest('base64url'),
    rules: Object.freeze(found),
    soleIssuers: findSoleIssuers(found, surroundings),
  })
}
