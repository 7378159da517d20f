import { isMet, mayBeMet } from './condition.js'
import type { Facts } from './facts.js'
import type { Policy } from './read-policy.js'
import type { ResolvedAllowRule, Rule } from './read-rule.js'
import { toReadings } from './readings.js'

/** Why a rule was not met. */
export type Mismatch = 'grant' | 'client' | 'target' | 'subject issuer' | 'condition'

/** What became of one rule. */
export interface Judgement {
  readonly rule: string
  readonly effect: 'allow' | 'deny'
  readonly met: boolean
  /** The first that did not hold; `undefined` where the rule was met. */
  readonly because: Mismatch | undefined
  /** Only records its verdict. */
  readonly observe: boolean
}

/** What a policy says of a request, and why. */
export type Decision =
  | { readonly outcome: 'allow'; readonly rule: ResolvedAllowRule; readonly judgements: readonly Judgement[] }
  /** `rule` is the one that forbids; `undefined` where none allows. */
  | { readonly outcome: 'deny'; readonly rule: Rule | undefined; readonly judgements: readonly Judgement[] }

/** Asks the policy. Any rule that denies and is met wins, then the first that allows and is met; without one, no. Pure. */
export function decide(policy: Policy, facts: Facts): Decision {
  const judgements = policy.rules.map((rule) => judge(rule, facts))
  const met = policy.rules.filter((_, index) => judgements[index]?.met === true)
  const forbidding = met.find((rule) => rule.effect === 'deny' && !rule.observe)
  if (forbidding !== undefined) return { outcome: 'deny', rule: forbidding, judgements }
  const admitting = met.find((rule) => rule.effect === 'allow')
  if (admitting !== undefined) return { outcome: 'allow', rule: admitting, judgements }
  return { outcome: 'deny', rule: undefined, judgements }
}

/** Rules that would have forbidden it, had they been enforced. */
export function findObserved({ judgements }: Decision): readonly string[] {
  return judgements.filter(({ met, observe }) => met && observe).map(({ rule }) => rule)
}

/** The names of the targets that some rule lets this client reach by this grant. */
export function findReachableTargets(
  policy: Policy,
  { grant, clientId }: Pick<Facts, 'grant' | 'clientId'>,
): readonly string[] {
  const reaching = policy.rules.filter(
    (rule) => rule.effect === 'allow' && rule.grants.includes(grant) && rule.clients.includes(clientId),
  )
  return [...new Set(reaching.flatMap((rule) => rule.targets))]
}

function judge(rule: Rule, facts: Facts): Judgement {
  const because = findMismatch(rule, facts)
  const observe = rule.effect === 'deny' && rule.observe
  return { rule: rule.id, effect: rule.effect, met: because === undefined, because, observe }
}

function findMismatch(rule: Rule, facts: Facts): Mismatch | undefined {
  if (!rule.grants.includes(facts.grant)) return 'grant'
  if (!rule.clients.includes(facts.clientId)) return 'client'
  if (!rule.targets.includes(facts.target)) return 'target'
  const readings = toReadings(rule, facts)
  if (readings.length === 0) return 'subject issuer'
  const holds = readings.some(({ claims, isPartial }) =>
    rule.when.every((condition) => (isPartial ? mayBeMet(condition, claims) : isMet(condition, claims))),
  )
  return holds ? undefined : 'condition'
}
