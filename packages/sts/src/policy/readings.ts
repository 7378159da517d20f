import type { Facts } from './facts.js'
import type { Rule } from './read-rule.js'
import { RESERVED_CLAIMS } from './reserved-claims.js'

/** What a rule may go by, once the subject is of an issuer that it names. */
export interface Reading {
  readonly claims: Facts['claims']
  /** Whether a claim that is missing may hold whatever a condition asks for: it is unknown, and not false. */
  readonly isPartial: boolean
}

/**
 * Who the subject is to a rule: nobody, where the rule names no issuer of it. A rule that denies looks through a token of ours, at
 * whom it is about in the first place; a rule that allows takes it as it stands, and for what is there alone.
 */
export function toReadings({ effect, subjectIssuers }: Rule, facts: Facts): readonly Reading[] {
  const { grant, subjectIssuer, originIssuer, claims } = facts
  const isNamed = (issuer: string | undefined): boolean => issuer !== undefined && subjectIssuers.includes(issuer)
  const isDetour = originIssuer !== undefined && originIssuer !== subjectIssuer
  // Client credentials have no subject but the client, whom the rule has named already.
  const asItStands = grant === 'client-credentials' || isNamed(subjectIssuer)
  if (effect === 'allow') return asItStands ? [{ claims, isPartial: false }] : []
  return [
    ...(asItStands ? [{ claims, isPartial: isDetour || facts.isPartial === true }] : []),
    // A detour over a token of ours is no way around what is forbidden; nor is it a way in.
    ...(isDetour && isNamed(originIssuer) ? [{ claims: toOriginClaims(claims), isPartial: true }] : []),
  ]
}

/** Of the claims of a token of ours those that the origin's issuer has said. How somebody signed in goes along as it was. */
function toOriginClaims(claims: Facts['claims']): Facts['claims'] {
  const said = Object.entries(claims).filter(([name]) => !RESERVED_CLAIMS.has(name) || name === 'acr')
  const id = Object.hasOwn(claims, 'sub_id') ? claims['sub_id'] : undefined
  const { sub } = (id ?? {}) as { readonly sub?: unknown }
  return Object.fromEntries(sub === undefined ? said : [...said, ['sub', sub]])
}
