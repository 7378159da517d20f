import { TokenError } from '../errors.js'
import type { VerifiedParty } from '../subject/party.js'
import type { ResolvedAllowRule } from './read-rule.js'
import type { Target } from './targets.js'

/** What was asked for, and what came of it. */
export interface GrantedScopes {
  readonly granted: readonly string[]
  /** Asked for, and not given: only where the rule narrows. */
  readonly dropped: readonly string[]
}

/**
 * Computes the scopes of a token: what was asked for, of what the subject's scopes are worth under the rule, of what the target
 * knows. Scopes of an actor add nothing: a powerful one would lend its rights to any subject.
 *
 * @param requested `undefined`: all there is
 * @throws TokenError `ERR_STS_SCOPE_FORBIDDEN`, `ERR_STS_SCOPE_EMPTY`
 * @see RFC 8693 section 2.1, RFC 6749 section 3.3
 */
export function grantScopes(
  requested: readonly string[] | undefined,
  subject: VerifiedParty,
  rule: ResolvedAllowRule,
  target: Target,
): GrantedScopes {
  const worth = new Set([
    ...toWorth(subject.scopes, rule.scopes),
    // A token without scopes may do nothing, unless the trust record says so.
    ...(subject.subjectScopes === 'from-policy' ? rule.grantScopes : []),
  ])
  const available = target.scopes.filter((scope) => worth.has(scope))
  const wanted = requested ?? available
  const granted = wanted.filter((scope) => available.includes(scope))
  const dropped = wanted.filter((scope) => !available.includes(scope))
  if (dropped.length > 0 && !rule.narrow) throw new TokenError('ERR_STS_SCOPE_FORBIDDEN')
  if (granted.length === 0) throw new TokenError('ERR_STS_SCOPE_EMPTY')
  return { granted, dropped }
}

function toWorth(scopes: readonly string[], table: ResolvedAllowRule['scopes']): readonly string[] {
  if (table === undefined) return []
  return table === 'same' ? scopes : scopes.flatMap((scope) => table.get(scope) ?? [])
}
