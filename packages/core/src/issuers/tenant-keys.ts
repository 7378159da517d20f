import { AuthenticationError } from '../errors.js'
import { after } from '../maybe.js'
import type { KeySource, VerificationKey } from '../ports.js'

/** What a variable of an issuer template stands for in a concrete issuer. */
export interface TenantVariable {
  readonly name: string
  readonly value: string
}

/**
 * The keys of a template, as far as they are good for one of its tenants. Where one set has the keys of all tenants, a key may say which
 * issuer it signs for: Microsoft's have such a member `issuer`, `{tenantid}` standing in it for any. The key of one tenant would else
 * vouch for every other.
 *
 * A key without the member is good for all.
 */
export function createTenantKeys(keys: KeySource, issuer: string, variables: readonly TenantVariable[]): KeySource {
  const isFor = ({ issuer: limit }: VerificationKey): boolean =>
    limit === undefined || limit === issuer || expand(limit, variables) === issuer
  return {
    find: (selector) =>
      after(keys.find(selector), (found) => {
        if (found.every(isFor)) return found
        const own = found.filter(isFor)
        if (own.length > 0) return own
        throw new AuthenticationError('ERR_KEY_NOT_FOUND', {
          detail: { issuer, wants: 'a key that is for this issuer' },
        })
      }) as ReturnType<KeySource['find']>,
    holds: (key) => keys.holds(key) && isFor(key),
    withdrew: (key) => keys.withdrew(key),
    load: () => keys.load(),
    health: () => keys.health(),
    close: () => keys.close(),
  }
}

/** Whoever publishes a key need not call the variable what the template here does, where there is but one. */
function expand(limit: string, variables: readonly TenantVariable[]): string {
  const [only, another] = variables
  return limit.replaceAll(/\{([^{}]*)\}/g, (text, name: string) => {
    const variable = another === undefined ? only : variables.find((one) => one.name === name)
    return variable?.value ?? text
  })
}
