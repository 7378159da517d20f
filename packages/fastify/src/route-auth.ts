import {
  allOf,
  requireAnyScope,
  requireAuthentication,
  requirePermissions,
  requireRoles,
  requireScopes,
} from '@countersign/core'
import type { AnyGuard, Guard } from '@countersign/core'
import { flag, invalid, list, number, optional, readTable, text } from '@countersign/core/adapter'
import type { Kind } from '@countersign/core/adapter'

/**
 * What a route demands, as `config.auth`: all that is named here. `false` opens it, `true` and `{}` demand no more than
 * a principal.
 */
export type RouteAuth =
  | boolean
  | {
      /** All of these. */
      readonly scopes?: readonly string[] | undefined
      /** At least one of these. */
      readonly anyScope?: readonly string[] | undefined
      /** All of these. */
      readonly roles?: readonly string[] | undefined
      /** All of these. */
      readonly permissions?: readonly string[] | undefined
      /** One of these authentication context classes, or a step-up (RFC 9470). */
      readonly acr?: string | readonly string[] | undefined
      /** Largest time since the user signed in, or a step-up (RFC 9470). */
      readonly maxAgeSeconds?: number | undefined
      /** Any guard, of core or of this package; one that needs awaiting is given Fastify's request. */
      readonly guard?: AnyGuard | undefined
      /** Lets a request pass that has neither an `Authorization` nor a `DPoP` field. By default what the plugin says. */
      readonly optional?: boolean | undefined
    }

/** A route's demands, ready to be checked. */
export interface RoutePolicy {
  readonly open: boolean
  readonly optional: boolean | undefined
  readonly guard: AnyGuard | undefined
}

const OPEN: RoutePolicy = { open: true, optional: undefined, guard: undefined }
const PROTECTED: RoutePolicy = { open: false, optional: undefined, guard: undefined }

const classes: Kind<readonly string[]> = {
  wants: 'an authentication context class, or a list of them',
  read(value, option) {
    const names = typeof value === 'string' ? [value] : value
    guardOf('acr value', (...acr) => requireAuthentication({ acr })).read(names, option)
    return names as readonly string[]
  },
}

const anyGuard: Kind<AnyGuard> = {
  wants: 'a guard',
  read(value, option) {
    const { check, checkAsync } = (value ?? {}) as { readonly check?: unknown; readonly checkAsync?: unknown }
    if (typeof check === 'function' || typeof checkAsync === 'function') return value as AnyGuard
    throw invalid({ option, got: value, wants: this.wants, fix: 'Call its factory, as in requireGroups("staff").' })
  },
}

const ROUTE_TABLE = {
  scopes: optional(guardOf('scope', requireScopes)),
  anyScope: optional(guardOf('scope', requireAnyScope)),
  roles: optional(guardOf('role', requireRoles)),
  permissions: optional(guardOf('permission', requirePermissions)),
  acr: optional(classes),
  maxAgeSeconds: optional(number('seconds', 0, Number.MAX_SAFE_INTEGER, true)),
  guard: optional(anyGuard),
  optional: optional(flag),
}

/**
 * Reads `config.auth` of a route; `undefined` where it says nothing.
 *
 * @throws ConfigurationError for unknown names, wrong types and empty lists: a guard of nothing would let everyone in
 */
export function readRouteAuth(value: unknown): RoutePolicy | undefined {
  if (value === undefined) return undefined
  if (value === false) return OPEN
  if (value === true) return PROTECTED
  const read = readTable<RouteTable>(ROUTE_TABLE, value, 'config.auth')
  const { acr, maxAgeSeconds } = read
  const stepUp = acr ?? maxAgeSeconds
  const authentication = stepUp === undefined ? undefined : requireAuthentication({ acr, maxAgeSeconds })
  const guards = [read.scopes, read.anyScope, read.roles, read.permissions, authentication, read.guard]
  const [first, ...others] = guards.filter((guard) => guard !== undefined)
  return { open: false, optional: read.optional, guard: first === undefined ? undefined : allOf(first, ...others) }
}

interface RouteTable {
  readonly scopes: Guard | undefined
  readonly anyScope: Guard | undefined
  readonly roles: Guard | undefined
  readonly permissions: Guard | undefined
  readonly acr: readonly string[] | undefined
  readonly maxAgeSeconds: number | undefined
  readonly guard: AnyGuard | undefined
  readonly optional: boolean | undefined
}

/** A list of names, as the guard that core makes of it: core says what a name may look like. */
function guardOf(name: string, create: (...names: readonly string[]) => Guard): Kind<Guard> {
  const wants = `a list of ${name}s`
  const names = list(text(`a ${name}`), wants)
  return {
    wants,
    read(value, option) {
      const read = names.read(value, option)
      try {
        return create(...read)
      } catch {
        const fix = `Write each ${name} as an entry of its own, without spaces.`
        throw invalid({ option, got: read.join(', '), wants, fix })
      }
    },
  }
}
