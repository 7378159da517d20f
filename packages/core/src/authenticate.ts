import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { IssuerSource } from './ports.js'
import type { Principal } from './principal.js'
import type { Rules } from './rules.js'
import { checkBinding } from './steps/binding.js'
import { checkClaims } from './steps/claims.js'
import type { Credentials } from './steps/credentials.js'
import { decode } from './steps/decode.js'
import { findIssuer } from './steps/issuer.js'
import { findKeys } from './steps/key.js'
import { toPrincipal } from './steps/principal.js'
import { verifySignature } from './steps/signature.js'

/** What a verifier judges by: fixed at construction. */
export interface Policy<C> {
  readonly rules: Rules
  readonly issuers: IssuerSource
  readonly schema: StandardSchemaV1<unknown, C> | undefined
}

/** The pipe. Reading order is execution order; each step takes what the one before returned. */
export async function authenticate<C>(credentials: Credentials, policy: Policy<C>): Promise<Principal<C>> {
  const decoded = decode(credentials, policy.rules) // RFC 7515 section 5.2, RFC 7519 section 7.2
  const issuer = await findIssuer(decoded, policy.issuers) // trusted before anything is fetched
  const keys = await findKeys(decoded, issuer) // RFC 7515 section 4.1.4
  const verified = verifySignature(decoded, keys) // RFC 7515 section 5.2
  checkClaims(verified, issuer, policy.rules) // RFC 7519 section 4.1, RFC 9068 section 4
  checkBinding(verified) // RFC 7800 section 3.1
  return toPrincipal(verified, issuer, policy.schema, policy.rules.runtime.now)
}
