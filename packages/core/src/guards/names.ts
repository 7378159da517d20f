import { AuthorizationError } from '../errors.js'
import type { Principal } from '../principal.js'
import { toNames } from './arguments.js'
import { createGuard } from './create-guard.js'
import type { Guard } from './guard.js'

/** Demands every one of these roles, compared exactly. @throws TypeError at construction for no role or a non-string */
export function requireRoles(...roles: readonly string[]): Guard {
  return requireEvery(toNames('requireRoles', roles), (principal) => principal.roles)
}

/** Demands at least one of these roles; otherwise as {@link requireRoles}. */
export function requireAnyRole(...roles: readonly string[]): Guard {
  const wanted = toNames('requireAnyRole', roles)
  return createGuard((principal) => {
    if (!wanted.some((role) => principal.roles.includes(role))) throw denied(wanted)
  })
}

/** Demands every one of these permissions, compared exactly. Scopes say what the client may ask, permissions what the subject may do. */
export function requirePermissions(...permissions: readonly string[]): Guard {
  return requireEvery(toNames('requirePermissions', permissions), (principal) => principal.permissions)
}

/** Demands membership in every one of these groups, compared exactly. */
export function requireGroups(...groups: readonly string[]): Guard {
  return requireEvery(toNames('requireGroups', groups), (principal) => principal.groups)
}

/** Demands that one of these issuers vouches for the subject, by canonical name. */
export function requireIssuer(...issuers: readonly string[]): Guard {
  const wanted = toNames('requireIssuer', issuers)
  return createGuard((principal) => {
    if (!wanted.includes(principal.issuer)) throw denied(wanted)
  })
}

function requireEvery(wanted: readonly string[], held: (principal: Principal<unknown>) => readonly string[]): Guard {
  return createGuard((principal) => {
    const names = held(principal)
    if (!wanted.every((name) => names.includes(name))) throw denied(wanted)
  })
}

/** The denial of everything that is no scope: the challenge names nothing, because no scope would help. */
export function denied(wants: readonly string[]): AuthorizationError {
  return new AuthorizationError('ERR_ACCESS_DENIED', { detail: { wants } })
}
