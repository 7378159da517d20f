import {
  flag,
  invalid,
  list,
  listOrNone,
  oneOf,
  optional,
  readTable,
  required,
  table,
  text,
} from '@countersign/core/adapter'
import type { Kind, OptionTable } from '@countersign/core/adapter'
import { condition } from './condition.js'
import type { ResolvedCondition } from './condition.js'
import type { PolicySurroundings } from './surroundings.js'
import type { GrantName } from './rule.js'

const GRANT_NAMES: readonly GrantName[] = ['token-exchange', 'jwt-bearer', 'client-credentials']

interface RuleReach {
  readonly id: string
  readonly clients: readonly string[]
  readonly targets: readonly string[]
  readonly subjectIssuers: readonly string[]
  readonly grants: readonly GrantName[]
  readonly when: readonly ResolvedCondition[]
}

/** A rule that admits, as read. */
export interface ResolvedAllowRule extends RuleReach {
  readonly effect: 'allow'
  /** What each scope of a subject is worth; `same`: itself; `undefined`: nothing. */
  readonly scopes: ReadonlyMap<string, readonly string[]> | 'same' | undefined
  readonly grantScopes: readonly string[]
  readonly mode: 'delegation' | 'impersonation'
  readonly actors: readonly { readonly issuer: string; readonly subject: string }[]
  readonly boundSubject: 'audience' | undefined
  readonly narrow: boolean
}

/** A rule that forbids, as read. */
export interface ResolvedDenyRule extends RuleReach {
  readonly effect: 'deny'
  readonly observe: boolean
}

/** A rule as read. */
export type Rule = ResolvedAllowRule | ResolvedDenyRule

const name = text('a name')

const scopes: Kind<ReadonlyMap<string, readonly string[]> | 'same'> = {
  wants: '"same", or an object: a scope of theirs, and what it is worth',
  read(value, option) {
    if (value === 'same') return value
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw invalid({ option, got: value, wants: this.wants, fix: 'As in { "orders:read": ["invoice:read"] }.' })
    }
    const worth = list(name, 'scopes of the target')
    return new Map(
      Object.entries(value).map(([theirs, ours]) => [theirs, worth.read(ours, `${option}[${JSON.stringify(theirs)}]`)]),
    )
  },
}

const grants = list(oneOf<GrantName>(GRANT_NAMES), 'a list of grants')

const REACH: OptionTable<RuleReach> = {
  id: required(text('a name for the audit trail', 128)),
  clients: required(list(name, 'a list of client ids')),
  targets: required(list(name, 'a list of names of targets')),
  subjectIssuers: required(listOrNone(name, 'a list of issuers of subjects')),
  grants: optional(grants, ['token-exchange']),
  when: optional(list(condition, 'a list of conditions'), []),
}

const effect = required(oneOf(['allow', 'deny']))

/** Every option of a rule that allows. */
export const ALLOW_TABLE: OptionTable<ResolvedAllowRule> = {
  effect: effect as OptionTable<ResolvedAllowRule>['effect'],
  ...REACH,
  scopes: optional(scopes),
  grantScopes: optional(listOrNone(name, 'a list of scopes'), []),
  mode: optional(oneOf(['delegation', 'impersonation']), 'delegation'),
  actors: optional(
    list(table({ issuer: required(name), subject: required(name) }), 'a list of parties: { issuer, subject }'),
    [],
  ),
  boundSubject: optional(oneOf(['audience'])),
  narrow: optional(flag, false),
}

/** Every option of a rule that denies. */
export const DENY_TABLE: OptionTable<ResolvedDenyRule> = {
  effect: effect as OptionTable<ResolvedDenyRule>['effect'],
  ...REACH,
  // A way around what is forbidden must not open with the next grant that a client is given.
  grants: optional(grants, ['token-exchange', 'jwt-bearer']),
  observe: optional(flag, false),
}

/**
 * Reads one rule.
 *
 * @throws ConfigurationError for `observe` on a rule that admits, for whatever it names that does not exist, and for a rule that
 *   admits and gives no scope
 */
export function readRule(options: unknown, option: string, surroundings: PolicySurroundings): Rule {
  const given = (options ?? {}) as { readonly effect?: unknown; readonly observe?: unknown }
  if (given.effect === 'allow' && given.observe !== undefined) {
    const fix = 'What admits is enforced or it is not there: only a rule that denies can be watched first.'
    throw invalid({ option: `${option}.observe`, got: given.observe, wants: 'nothing on a rule that allows', fix })
  }
  const rule =
    given.effect === 'deny' ? readTable(DENY_TABLE, options, option) : readTable(ALLOW_TABLE, options, option)
  checkNames(rule, option, surroundings)
  if (rule.effect === 'allow') checkScopes(rule, option, surroundings)
  return rule
}

function checkNames(rule: Rule, option: string, { issuer, clients, targets, trust }: PolicySurroundings): void {
  const known = new Set(clients.map(({ clientId }) => clientId))
  checkEach(rule.clients, (client) => known.has(client), `${option}.clients`, 'a registered client')
  const named = new Set(targets.all.map((target) => target.name))
  checkEach(rule.targets, (target) => named.has(target), `${option}.targets`, 'the name of a registered target')
  const others = rule.grants.filter((grant) => grant !== 'token-exchange')
  const service = targets.all.find(
    ({ name: own, kind }) => kind === 'authorization-server' && rule.targets.includes(own),
  )
  if (rule.effect === 'allow' && service !== undefined && others.length > 0) {
    const wants = '"token-exchange" alone, for a target that is an authorization server'
    throw invalid({ option: `${option}.grants`, got: others[0], wants, fix: 'Only an exchange makes grants.' })
  }
  const isSource = (source: string): boolean => source === issuer || trust.findSubject(source) !== undefined
  checkEach(rule.subjectIssuers, isSource, `${option}.subjectIssuers`, 'an issuer with a trust record for subjects')
  const needsSubject = rule.grants.some((grant) => grant !== 'client-credentials')
  if (needsSubject && rule.subjectIssuers.length === 0) {
    const fix = 'Only a rule for client credentials alone has none.'
    throw invalid({ option: `${option}.subjectIssuers`, got: [], wants: 'issuers of subjects', fix })
  }
}

/** A scope that its targets do not know could never be given: a slip. */
function checkScopes(rule: ResolvedAllowRule, option: string, { targets }: PolicySurroundings): void {
  const known = new Set(
    targets.all.filter(({ name }) => rule.targets.includes(name)).flatMap((target) => target.scopes),
  )
  const wants = 'a scope of its targets'
  checkEach(rule.grantScopes, (scope) => known.has(scope), `${option}.grantScopes`, wants)
  if (rule.scopes !== undefined && rule.scopes !== 'same') {
    checkEach([...rule.scopes.values()].flat(), (scope) => known.has(scope), `${option}.scopes`, wants)
  }
  if (rule.scopes !== undefined || rule.grantScopes.length > 0) return
  const fix = '"scopes" says what a subject\'s scopes are worth, "grantScopes" what the rule gives by itself.'
  throw invalid({ option: `${option}.scopes`, got: undefined, wants: 'scopes that it could give', fix })
}

function checkEach(
  values: readonly string[],
  isKnown: (value: string) => boolean,
  option: string,
  wants: string,
): void {
  const wrong = values.find((entry) => !isKnown(entry))
  if (wrong !== undefined) throw invalid({ option, got: wrong, wants, fix: 'Names are compared exactly.' })
}
