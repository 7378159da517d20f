import { AuthenticationError } from '../errors.js'
import type { GrantsOptions } from '../options/mapping-options.js'
import type { Cut } from '../principal.js'
import type { GrantRules, Mapped } from './mapped.js'

/** Resolves `grants`. An issuer that was not listed by name has no say over roles, groups and permissions unless it is given one. */
export function toGrantRules(grants: GrantsOptions | undefined, listed: boolean): GrantRules {
  const bound = (names: readonly string[] | undefined): ReadonlySet<string> | undefined =>
    names === undefined ? undefined : new Set(names)
  const fallback = listed ? undefined : new Set<string>()
  const bounds = {
    scopes: bound(grants?.scopes),
    roles: bound(grants?.roles) ?? fallback,
    permissions: bound(grants?.permissions) ?? fallback,
    groups: bound(grants?.groups) ?? fallback,
    tenants: bound(grants?.tenants),
  }
  return Object.freeze({ ...bounds, unbounded: Object.values(bounds).every((names) => names === undefined) })
}

/**
 * Cuts what was mapped down to what the issuer may say.
 *
 * @throws AuthenticationError `ERR_TOKEN_TENANT` for a tenant beyond the grants, and for none where tenants are granted
 */
export function applyGrants(mapped: Mapped, grants: GrantRules, tenant: string | undefined): Granted {
  if (grants.unbounded) return { mapped, cut: undefined }
  // Leaving the claim out must not be the way around the list.
  if (grants.tenants !== undefined && (tenant === undefined || !grants.tenants.has(tenant)))
    throw new AuthenticationError('ERR_TOKEN_TENANT')
  const scopes = intersect(mapped.scopes, grants.scopes)
  const roles = intersect(mapped.roles, grants.roles)
  const permissions = intersect(mapped.permissions, grants.permissions)
  const groups = intersect(mapped.groups, grants.groups)
  const cut: Cut = {
    scopes: mapped.scopes.length - scopes.length,
    roles: mapped.roles.length - roles.length,
    permissions: mapped.permissions.length - permissions.length,
    groups: mapped.groups.length - groups.length,
  }
  const uncut = cut.scopes + cut.roles + cut.permissions + cut.groups === 0
  return { mapped: { ...mapped, scopes, roles, permissions, groups }, cut: uncut ? undefined : Object.freeze(cut) }
}

/** What is left of a mapping, and how much was cut. */
export interface Granted {
  readonly mapped: Mapped
  readonly cut: Cut | undefined
}

function intersect(values: readonly string[], bound: ReadonlySet<string> | undefined): readonly string[] {
  if (bound === undefined || values.every((value) => bound.has(value))) return values
  return Object.freeze(values.filter((value) => bound.has(value)))
}
