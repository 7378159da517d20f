import { decide } from './policy/decide.js'
import type { ServiceContext } from './service-context.js'
import type { PolicyExplanation, TokenService } from './token-service.js'

/** Makes `explain` of a service's policy. */
export function explainDecision({
  issuer,
  policy,
}: Pick<ServiceContext, 'issuer' | 'policy'>): TokenService['explain'] {
  return ({
    clientId,
    target,
    grant = 'token-exchange',
    subjectIssuer,
    originIssuer,
    claims = {},
  }): PolicyExplanation => {
    // A token of ours has the claims that its target lists, and what it does not say may be so.
    const facts = { grant, clientId, target, subjectIssuer, originIssuer, claims, isPartial: subjectIssuer === issuer }
    const decision = decide(policy, facts)
    return { outcome: decision.outcome, rule: decision.rule?.id, rules: decision.judgements }
  }
}
