import type { Authorization } from './authorization.js'
import { decideDelegation } from './delegation/decide-delegation.js'
import type { Trail } from './grants/trail.js'
import { findTarget } from './policy/find-target.js'
import { grantScopes } from './policy/grant-scopes.js'
import { requireRule } from './policy/require-rule.js'
import type { GrantName } from './policy/rule.js'
import type { ServiceContext } from './service-context.js'
import type { VerifiedParty } from './subject/party.js'
import type { TokenRequest } from './token-request.js'
import { decideBinding } from './tokens/binding.js'
import { toLifetime } from './tokens/lifetime.js'
import { toSubjectName } from './tokens/subject-name.js'

/** What a grant has found out: who asks, and of whom it was proven that they speak. */
export interface Evidence {
  readonly grant: GrantName
  readonly request: TokenRequest
  readonly subject: VerifiedParty
  readonly actor: VerifiedParty | undefined
}

/**
 * Decides whether a token is issued, for whom, and what it may say. Every grant goes through here, whatever it started from:
 * there is no second place where a check could be missing.
 *
 * @throws TokenError whatever the table has for targets, policy, delegation, binding, scopes and lifetime
 */
export function authorizeExchange(evidence: Evidence, service: ServiceContext, trail: Trail): Authorization {
  const { grant, request, subject, actor } = evidence
  const { parameters, client, possession } = request
  const { clientId } = client.registration
  const target = findTarget({ grant, clientId, parameters }, service) // RFC 8693 section 2.1, RFC 8707 section 2
  trail.noteTarget(target, parameters)
  const rule = requireRule({ grant, clientId, target: target.name, subject }, service.policy, trail) // deny by default
  const delegation = decideDelegation({ subject, actor, clientId }, rule, service) // RFC 8693 sections 4.1 and 4.4
  trail.noteDelegation(delegation)
  const binding = decideBinding({ subject, actor, client, possession }, rule) // RFC 9449 section 5, RFC 8705 section 3
  trail.noteBinding(binding)
  const name = toSubjectName(subject, target, service) // RFC 9493
  const scopes = grantScopes(parameters.scopes, subject, rule, target) // RFC 8693 section 2.1
  trail.noteScopes(scopes)
  const lifetime = toLifetime(subject, actor, target, service)
  return { grant, clientId, subject, name, target, delegation, binding, scopes, lifetime } as Authorization
}
