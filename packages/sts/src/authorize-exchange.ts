import type { Authorization } from './authorization.js'
import { decideDelegation } from './delegation/decide-delegation.js'
import { toProfileClaims } from './experimental/profile-claims.js'
import type { Trail } from './grants/trail.js'
import { findTarget } from './policy/find-target.js'
import type { TargetRequest } from './policy/find-target.js'
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
  /** What the subject's token may be used for, where it says so. */
  readonly resources?: readonly string[] | undefined
}

/**
 * Decides whether a token is issued, for whom, and what it may say. Every grant goes through here, whatever it started from:
 * there is no second place where a check could be missing.
 *
 * @throws TokenError whatever the table has for targets, policy, delegation, binding, scopes and lifetime
 */
export function authorizeExchange(evidence: Evidence, service: ServiceContext, trail: Trail): Authorization {
  const { grant, request, subject, actor } = evidence
  const { parameters, client, possession, startedAtMs } = request
  const { clientId } = client.registration
  const { target, form } = findTarget(toTargetRequest(evidence), service) // RFC 8693 section 2.1, RFC 8707 section 2
  trail.noteTarget(target, form, parameters)
  const rule = requireRule({ grant, clientId, target: target.name, subject }, service.policy, trail) // deny by default
  const delegation = decideDelegation({ subject, actor, clientId }, rule, service) // RFC 8693 sections 4.1 and 4.4
  trail.noteDelegation(delegation)
  const binding = decideBinding({ subject, actor, client, possession }, rule) // RFC 9449 section 5, RFC 8705 section 3
  trail.noteBinding(binding)
  const name = toSubjectName(subject, target, service) // RFC 9493
  const scopes = grantScopes(parameters.scopes, subject, rule, target) // RFC 8693 section 2.1
  trail.noteScopes(scopes)
  const lifetime = toLifetime({ subject, actor, target, startedAtMs }, service)
  const profile = { form, target, clientId, parameters, subject, actor }
  const profileClaims = toProfileClaims(profile, service.experimental)
  const granted = { grant, clientId, subject, name, target, form, delegation, binding, scopes, lifetime, profileClaims }
  return granted as Authorization
}

/** A grant that says what it is for is for nothing else, whatever the request names beside. */
function toTargetRequest({ grant, request, resources = [] }: Evidence): TargetRequest {
  const { parameters, client } = request
  const { clientId } = client.registration
  const named = { ...parameters, resources: [...new Set([...parameters.resources, ...resources])] }
  return { grant, clientId, parameters: named }
}
