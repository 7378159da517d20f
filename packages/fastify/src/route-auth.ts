import type { Guard } from '@countersign/core'
import { allOf, requireAnyScope, requireScopes } from '@countersign/core'
import { flag, invalid, list, optional, readTable, text } from '@countersign/core/adapter'
import type { Kind } from '@countersign/core/adapter'

/** What a route demands, as `config.auth`. `false` opens it, `true` and `{}` demand no more than a principal. */
export type RouteAuth =
  | boolean
  | {
      /** All of these. */
      readonly scopes?: readonly string[] | undefined
      /** At least one of these. */
      readonly anyScope?: readonly string[] | undefined
      /** Lets a request pass that has neither an `Authorization` nor a `DPoP` field. By default what the plugin says. */
      readonly optional?: boolean | undefined
    }

/** A route's demands, ready to be checked. */
export interface RoutePolicy {
  readonly open: boolean
  readonly optional: boolean | undefined
  readonly guard: Guard | undefined
}

const OPEN: RoutePolicy = { open: true, optional: undefined, guard: undefined }
const PROTECTED: RoutePolicy = { open: false, optional: undefined, guard: undefined }

const ROUTE_TABLE = {
  scopes: optional(guardOf(requireScopes)),
  anyScope: optional(guardOf(requireAnyScope)),
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
  const guards = [read.scopes, read.anyScope].filter((guard) => guard !== undefined)
  const [first, ...others] = guards
  return { open: false, optional: read.optional, guard: first === undefined ? undefined : allOf(first, ...others) }
}

interface RouteTable {
  readonly scopes: Guard | undefined
  readonly anyScope: Guard | undefined
  readonly optional: boolean | undefined
}

function guardOf(build: (...scopes: readonly string[]) => Guard): Kind<Guard> {
  const wants = 'a list of scopes'
  const scopes = list(text('a scope'), wants)
  return {
    wants,
    read(value, option) {
      const names = scopes.read(value, option)
      try {
        return build(...names)
      } catch {
        throw invalid({
          option,
          got: names.join(', '),
          wants,
          fix: 'Write each scope as an entry of its own, without spaces.',
        })
      }
    },
  }
}
