import type { Principal } from '@countersign/core'

/** What the mapping has names of its own for. */
const MAPPED = ['tenant', 'roles', 'groups', 'permissions'] as const

/** What conditions and tokens may draw on. */
export type MappedClaims = Readonly<Record<string, unknown>>

/**
 * The mapped claims of a principal. What the mapping names, and the issuer's grants have cut, wins over claims that are merely
 * called so: an issuer must not say by `roles` what its grants do not let it say. Empty lists are absent.
 *
 * @param acr as this service calls it
 */
export function toMappedClaims(principal: Principal<unknown>, acr: string | undefined): MappedClaims {
  const { claims, attributes } = principal
  const mapped: Record<string, unknown> = { ...(isObject(claims) ? claims : {}), ...attributes }
  for (const name of MAPPED) {
    const value = principal[name]
    if (value === undefined || value.length === 0) delete mapped[name]
    else mapped[name] = value
  }
  if (acr === undefined) delete mapped['acr']
  else mapped['acr'] = acr
  return Object.freeze(mapped)
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
