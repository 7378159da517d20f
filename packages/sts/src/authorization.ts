import type { Delegation } from './delegation/decide-delegation.js'
import type { ProfileClaims } from './experimental/profile-claims.js'
import type { GrantedScopes } from './policy/grant-scopes.js'
import type { GrantName } from './policy/rule.js'
import type { Target } from './policy/targets.js'
import type { VerifiedParty } from './subject/party.js'
import type { Binding } from './tokens/binding.js'
import type { TokenFormName } from './tokens/forms.js'
import type { Lifetime } from './tokens/lifetime.js'
import type { SubjectName } from './tokens/subject-name.js'

declare const authorized: unique symbol

/** All that a token may say. The brand is attached by `authorizeExchange` alone: a token that nobody has authorized does not compile. */
export interface Authorization {
  readonly [authorized]: true
  readonly grant: GrantName
  readonly clientId: string
  readonly subject: VerifiedParty
  readonly name: SubjectName
  readonly target: Target
  readonly form: TokenFormName
  /** What the profile of that form adds. */
  readonly profileClaims: ProfileClaims
  readonly delegation: Delegation
  readonly binding: Binding
  readonly scopes: GrantedScopes
  readonly lifetime: Lifetime
}
