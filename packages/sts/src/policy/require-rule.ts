import { TokenError } from '../errors.js'
import type { Trail } from '../grants/trail.js'
import type { VerifiedParty } from '../subject/party.js'
import { decide, findReachableTargets } from './decide.js'
import type { Policy } from './read-policy.js'
import type { ResolvedAllowRule } from './read-rule.js'
import type { GrantName } from './rule.js'

/** Who wants to reach what, for whom. */
export interface RuleRequest {
  readonly grant: GrantName
  readonly clientId: string
  readonly target: string
  readonly subject: VerifiedParty
}

/**
 * Asks the policy, and gives the rule that lets the request through.
 *
 * @throws TokenError `ERR_STS_TARGET_FORBIDDEN` where no rule lets the client reach the target for anybody,
 *   `ERR_STS_POLICY_DENIED` where none does for this subject
 */
export function requireRule(request: RuleRequest, policy: Policy, trail: Trail): ResolvedAllowRule {
  const { grant, clientId, target, subject } = request
  const { identity, origin, claims, partialClaims: isPartial } = subject
  const issuers =
    grant === 'client-credentials'
      ? { subjectIssuer: undefined }
      : { subjectIssuer: identity.issuer, originIssuer: origin.issuer }
  const decision = decide(policy, { grant, clientId, target, ...issuers, claims, isPartial })
  trail.notePolicy(policy, decision)
  if (decision.outcome === 'allow') return decision.rule
  const isForSomebody = grant !== 'client-credentials' && findReachableTargets(policy, request).includes(target)
  throw new TokenError(isForSomebody ? 'ERR_STS_POLICY_DENIED' : 'ERR_STS_TARGET_FORBIDDEN')
}
