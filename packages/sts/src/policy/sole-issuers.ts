import { invalid } from '@countersign/core/adapter'
import type { Rule } from './read-rule.js'
import type { PolicySurroundings } from './surroundings.js'

/**
 * Finds, for each target whose tokens name foreign subjects as they came, the one issuer that they can come from.
 *
 * @throws ConfigurationError where there is not exactly one: `alice` of one issuer would be `alice` of the other
 */
export function findSoleIssuers(
  rules: readonly Rule[],
  { issuer, targets }: Pick<PolicySurroundings, 'issuer' | 'targets'>,
): ReadonlyMap<string, string> {
  const admitting = rules.filter((rule) => rule.effect === 'allow')
  // A token of ours may speak of a subject of any issuer that some rule lets in, wherever that was.
  const foreign = admitting.flatMap((rule) => rule.subjectIssuers).filter((source) => source !== issuer)
  const hasOwn = admitting.some((rule) => rule.grants.includes('client-credentials'))
  const behindOwnTokens = hasOwn ? [...foreign, issuer] : foreign

  return new Map(
    targets.all
      .filter((target) => target.subject === 'same')
      .map((target) => {
        const reaching = admitting.filter((rule) => rule.targets.includes(target.name))
        const sources = new Set(
          reaching.flatMap((rule) => [
            ...rule.subjectIssuers.flatMap((source) => (source === issuer ? behindOwnTokens : [source])),
            ...(rule.grants.includes('client-credentials') ? [issuer] : []),
          ]),
        )
        const [sole, second] = sources
        if (sole !== undefined && second === undefined) return [target.name, sole]
        const fix = 'Leave it out for pairwise subjects: two issuers may give one name to two people.'
        const wants = 'subjects of exactly one issuer, by the rules that reach the target'
        throw invalid({ option: `targets.${target.name}.subject`, got: 'same', wants, fix })
      }),
  )
}
