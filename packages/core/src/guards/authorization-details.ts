import { InternalError } from '../errors.js'
import { isPending } from '../maybe.js'
import { findClaim, isTextList } from '../steps/claim-types.js'
import { checkMembers, toNames } from './arguments.js'
import { createGuard } from './create-guard.js'
import type { Guard } from './guard.js'
import { denied } from './names.js'

/** One authorization detail, as the token carries it. */
export type AuthorizationDetail = Readonly<Record<string, unknown>> & { readonly type: string }

/** What one entry of `authorization_details` must allow. */
export interface AuthorizationDetailRequirement {
  readonly type: string
  /** Every one must be among the entry's `actions`. */
  readonly actions?: readonly string[] | undefined
  /** Every one must be among the entry's `locations`. Without it those are not looked at: an API whose tokens are for others too names itself here. */
  readonly locations?: readonly string[] | undefined
  /** Decides over the rest of the entry; only `true` itself allows. Sees entries whose type, actions and locations fit. */
  readonly where?: ((detail: AuthorizationDetail) => boolean) | undefined
}

/**
 * Demands one entry of `authorization_details` that allows all of this by itself: rights of several entries do not add up.
 *
 * @throws TypeError at construction for a requirement that cannot be
 * @see RFC 9396 sections 2 and 9.1
 */
export function requireAuthorizationDetails(requirement: AuthorizationDetailRequirement): Guard {
  checkMembers('requireAuthorizationDetails', requirement, ['type', 'actions', 'locations', 'where'])
  const { type, where } = requirement
  toNames('requireAuthorizationDetails', [type])
  const actions = toOptionalNames(requirement.actions)
  const locations = toOptionalNames(requirement.locations)
  if (where !== undefined && typeof where !== 'function')
    throw new TypeError('requireAuthorizationDetails() wants where as a function')
  return createGuard(({ payload }) => {
    const details = findClaim(payload, 'authorization_details')
    const fitting = (Array.isArray(details) ? details : []).filter(
      (detail): detail is AuthorizationDetail =>
        isDetail(detail) &&
        detail.type === type &&
        holds(detail['actions'], actions) &&
        holds(detail['locations'], locations),
    )
    if (!fitting.some((detail) => where === undefined || decide(where, detail)))
      throw denied(['authorization_details', type])
  })
}

function toOptionalNames(names: readonly string[] | undefined): readonly string[] {
  return names === undefined ? [] : toNames('requireAuthorizationDetails', names)
}

function isDetail(value: unknown): value is AuthorizationDetail {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'
}

/** Where nothing is wanted anything will do; where something is wanted, an absent list allows nothing. */
function holds(allowed: unknown, wanted: readonly string[]): boolean {
  return wanted.length === 0 || (isTextList(allowed) && wanted.every((name) => allowed.includes(name)))
}

function decide(where: (detail: AuthorizationDetail) => boolean, detail: AuthorizationDetail): boolean {
  let allowed: unknown
  try {
    allowed = where(detail)
  } catch (error) {
    throw new InternalError('ERR_GUARD_FAILED', { cause: error })
  }
  if (!isPending(allowed)) return allowed === true
  // Nobody awaits it, and a rejection that nobody awaits ends the process.
  allowed.then(undefined, () => {})
  throw new InternalError('ERR_GUARD_FAILED', {
    message:
      'The where of requireAuthorizationDetails() returned a promise: for what must be awaited use requireThat()',
  })
}
