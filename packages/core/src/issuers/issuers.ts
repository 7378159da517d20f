import type { IssuerSource } from './trusted-issuer.js'
import type { Rules } from '../rules.js'
import type { IssuerDirectory } from './directory.js'
import type { IssuerList } from './list.js'
import { createNearMisses } from './near-miss.js'
import type { NearMisses } from './near-miss.js'

/** Every issuer that a verifier trusts, and what to tell of one that it does not. */
export interface Issuers extends IssuerSource {
  /** Tells the operator, at most once a minute, that a refused issuer is nearly a configured one. */
  readonly nearMisses: NearMisses
}

/** Puts the sources in their order: what is listed costs no call, and nobody can be asked about it. */
export function createIssuers(listed: IssuerList, directory: IssuerDirectory | undefined, rules: Rules): Issuers {
  const names = listed.all.flatMap(({ acceptedIssuers }) => acceptedIssuers)
  return {
    nearMisses: createNearMisses(names, rules.logger, rules.runtime),
    find: (issuer) => listed.find(issuer) ?? directory?.find(issuer),
    vouch(issuer) {
      listed.vouch(issuer)
      directory?.vouch(issuer)
    },
  }
}
