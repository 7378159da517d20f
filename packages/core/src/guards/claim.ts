import { findPath, toClaimPath } from '../claim-path.js'
import type { ClaimPathInput } from '../claim-path.js'
import { createGuard } from './create-guard.js'
import type { Guard } from './guard.js'
import { denied } from './names.js'

/** A value that a claim can be compared with. Compared by type and value: `"1"` is not `1`. */
export type ClaimValue = string | number | boolean

/**
 * Demands that a claim of the payload has this value, or one of these; an array claim must hold one of them.
 *
 * @param path member names from the outside in, or a JSON Pointer; never a dotted string
 * @throws TypeError at construction for a path or a value that cannot be
 */
export function requireClaim(path: ClaimPathInput, values: ClaimValue | readonly ClaimValue[]): Guard {
  const steps = toClaimPath('requireClaim()', path)
  const wanted: readonly ClaimValue[] = Object.freeze(
    Array.isArray(values) ? [...(values as ClaimValue[])] : [values as ClaimValue],
  )
  if (wanted.length === 0)
    throw new TypeError('requireClaim() wants at least one value: without any it would let nobody in')
  for (const value of wanted) {
    if (!['string', 'number', 'boolean'].includes(typeof value)) {
      throw new TypeError(`requireClaim() wants strings, numbers or booleans as values, got ${typeof value}`)
    }
  }
  return createGuard((principal) => {
    const found = findPath(principal.payload, steps)
    const holds = Array.isArray(found)
      ? found.some((entry) => wanted.includes(entry as ClaimValue))
      : wanted.includes(found as ClaimValue)
    if (!holds) throw denied([steps.join(' ')])
  })
}
