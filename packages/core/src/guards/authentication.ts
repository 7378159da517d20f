import { AuthorizationError } from '../errors.js'
import type { Reason } from '../error-table.js'
import { readNowSeconds } from '../principal.js'
import { checkMembers, SCOPE_TOKENS, toNames } from './arguments.js'
import { createGuard } from './create-guard.js'
import type { Guard } from './guard.js'

/** How far the clock of whoever signed the user in may be ahead. */
const CLOCK_TOLERANCE_SECONDS = 60

/** How strong and how recent the user's authentication must be. At least one member. */
export interface AuthenticationRequirement {
  /** Authentication context classes, of which the token's `acr` must be one. Strongest preference first. */
  readonly acr?: string | readonly string[] | undefined
  /** Largest time since `auth_time`, in seconds. */
  readonly maxAgeSeconds?: number | undefined
}

/**
 * Demands an authentication of a certain strength or age, and tells the client how to step up (RFC 9470).
 * A token that does not say (`acr`, `auth_time`) does not satisfy it.
 *
 * @throws TypeError at construction for no or a misspelt requirement
 */
export function requireAuthentication(requirement: AuthenticationRequirement): Guard {
  checkMembers('requireAuthentication', requirement, ['acr', 'maxAgeSeconds'])
  const { acr, maxAgeSeconds } = requirement
  if (acr === undefined && maxAgeSeconds === undefined)
    throw new TypeError('requireAuthentication() wants acr, maxAgeSeconds or both')
  if (maxAgeSeconds !== undefined && !(Number.isSafeInteger(maxAgeSeconds) && maxAgeSeconds >= 0)) {
    throw new TypeError('requireAuthentication() wants maxAgeSeconds as a whole number of seconds, 0 or more')
  }
  const classes = acr === undefined ? undefined : toNames('requireAuthentication', toList(acr), SCOPE_TOKENS)
  const challenge = { acrValues: classes?.join(' '), maxAgeSeconds }
  const stepUp = (reason: Reason): AuthorizationError => new AuthorizationError(reason, { challenge })
  return createGuard((principal) => {
    if (classes !== undefined && (principal.acr === undefined || !classes.includes(principal.acr)))
      throw stepUp('ERR_STEP_UP_ACR')
    if (maxAgeSeconds === undefined) return
    const { authenticatedAtSeconds } = principal
    const age = authenticatedAtSeconds === undefined ? Infinity : readNowSeconds(principal) - authenticatedAtSeconds
    // Written so that anything but a proven small age is too old; a sign-in that is yet to come proves nothing.
    if (!(age <= maxAgeSeconds && age >= -CLOCK_TOLERANCE_SECONDS)) throw stepUp('ERR_STEP_UP_AGE')
  })
}

function toList(value: string | readonly string[]): readonly string[] {
  return typeof value === 'string' ? [value] : value
}
