import type { KeySource } from '../ports.js'
import type { IssuerRules } from '../rules.js'

/** An issuer from the configuration: its rules, and its own keys. */
export interface TrustedIssuer extends IssuerRules {
  readonly keys: KeySource
}

/** Which issuers are trusted, and under what rules. Never asked over the network for an unknown one unless it says so. */
export interface IssuerSource {
  /** `undefined` means: not trusted. `issuer` is a string of at most 2,048 characters that a stranger chose. */
  find(issuer: string): TrustedIssuer | undefined | Promise<TrustedIssuer | undefined>
  /** A signature of this issuer has held: from now on no unsigned token makes it forgotten. */
  vouch(issuer: string): void
}
