import { decide } from './policy/decide.js'
import type { Policy } from './policy/read-policy.js'
import type { PolicyExplanation, TokenService } from './token-service.js'

/** Makes `explain` of a policy. */
export function explainDecision(policy: Policy): TokenService['explain'] {
  return ({
    clientId,
    target,
    grant = 'token-exchange',
    subjectIssuer,
    originIssuer,
    claims = {},
  }): PolicyExplanation => {
    const decision = decide(policy, { grant, clientId, target, subjectIssuer, originIssuer, claims })
    return { outcome: decision.outcome, rule: decision.rule?.id, rules: decision.judgements }
  }
}
