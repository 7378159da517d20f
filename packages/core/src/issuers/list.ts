import { createKeySource } from '../keys/key-source.js'
import type { KeySource } from '../ports.js'
import type { IssuerSource } from '../ports.js'
import type { ResolvedIssuer } from '../options/resolve.js'
import type { Rules, TrustedIssuer } from '../rules.js'

/** The issuers of the configuration. */
export interface IssuerList extends IssuerSource {
  find(issuer: string): TrustedIssuer | undefined
  /** Every listed issuer, in order. */
  readonly all: readonly TrustedIssuer[]
}

/**
 * Indexes the listed issuers by every name they may sign with. Keys are made on first use, so that ten thousand issuers
 * cost a name each; a given key set is imported at once, because a mistake in it should stop the start.
 *
 * @throws ConfigurationError where a given key set holds no usable key
 */
export function createIssuerList(issuers: readonly ResolvedIssuer[], rules: Rules): IssuerList {
  const byName = new Map<string, TrustedIssuer>()
  const all = issuers.map((resolved) => {
    const issuer = toTrustedIssuer(resolved, rules)
    if (resolved.location.kind === 'jwks') void issuer.keys
    for (const name of resolved.rules.acceptedIssuers) byName.set(name, issuer)
    return issuer
  })
  return { all, find: (issuer) => byName.get(issuer) }
}

function toTrustedIssuer({ rules: own, location }: ResolvedIssuer, rules: Rules): TrustedIssuer {
  const { network, keyCache, runtime, logger } = rules
  let source: KeySource | undefined
  return {
    ...own,
    get keys() {
      return (source ??= createKeySource(own.issuer, location, { network, keyCache, runtime, logger }))
    },
  }
}
