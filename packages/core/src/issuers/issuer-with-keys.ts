import type { KeySource } from '../ports.js'
import type { IssuerRules } from '../rules.js'
import type { TrustedIssuer } from './trusted-issuer.js'

/**
 * An issuer with its keys, which are made when first asked for.
 *
 * A class, so that all issuers have one shape. An object with a getter of its own has a shape of its own, and among ten
 * thousand of them each look at a rule is a search: 3 of the 70 us that a token cost there.
 */
export class IssuerWithKeys implements TrustedIssuer {
  // What every token asks for comes first, to lie in the same lines of memory.
  #keys: KeySource | undefined
  readonly algorithms: TrustedIssuer['algorithms']
  readonly tokenProfile: TrustedIssuer['tokenProfile']
  readonly audience: TrustedIssuer['audience']
  readonly requiredClaims: TrustedIssuer['requiredClaims']
  readonly map: TrustedIssuer['map']
  readonly grants: TrustedIssuer['grants']
  readonly issuer: string
  readonly listed: boolean
  readonly dpopMode: TrustedIssuer['dpopMode']
  readonly tenant: string | undefined
  readonly acceptedIssuers: readonly string[]
  readonly clientIds: readonly string[]
  readonly mapping: TrustedIssuer['mapping']
  readonly #createKeys: () => KeySource

  /** @param createKeys called once, when the keys are first asked for */
  constructor(own: IssuerRules, createKeys: () => KeySource) {
    this.issuer = own.issuer
    this.acceptedIssuers = own.acceptedIssuers
    this.audience = own.audience
    this.algorithms = own.algorithms
    this.tokenProfile = own.tokenProfile
    this.clientIds = own.clientIds
    this.requiredClaims = own.requiredClaims
    this.listed = own.listed
    this.map = own.map
    this.mapping = own.mapping
    this.grants = own.grants
    this.dpopMode = own.dpopMode
    this.tenant = own.tenant
    this.#createKeys = createKeys
  }

  get keys(): KeySource {
    return (this.#keys ??= this.#createKeys())
  }
}
