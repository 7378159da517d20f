import type { AlgorithmName } from '../algorithms.js'
import type { KeysLocation } from '../keys/key-source.js'
import type { ClaimRule, DpopMode, TokenProfile } from '../rules.js'
import { algorithms } from './algorithms-kind.js'
import { audience, CLAIM_AUDIENCE } from './audience-kind.js'
import type { ReadAudience } from './audience-kind.js'
import { dpopMode } from './dpop.js'
import { keys } from './keys-kind.js'
import { list, listOrNone, oneOf, optional, readTable, required, table, text, toRows } from './kinds.js'
import type { Kind, OptionTable } from './kinds.js'
import { GRANTS_TABLE, mapping } from './mapping-kind.js'
import type { GrantsOptions, MappingOptions } from './mapping-options.js'

/** One issuer's options as read. */
export interface ReadIssuer {
  readonly issuer: string
  readonly keys: KeysLocation
  readonly audience: ReadAudience | undefined
  readonly algorithms: readonly AlgorithmName[] | undefined
  readonly tokenProfile: TokenProfile
  readonly clientIds: readonly string[] | undefined
  readonly requiredClaims: readonly ClaimRule[]
  readonly mapping: MappingOptions | undefined
  readonly grants: GrantsOptions | undefined
  readonly dpop: { readonly mode: DpopMode } | undefined
  readonly acceptedIssuers: readonly string[]
}

const issuerName = text('the exact string of the "iss" claim')

const requiredClaim: Kind<ClaimRule> = {
  wants: 'a claim name, or { claim, oneOf }',
  read(value, option) {
    if (typeof value === 'string') return { path: [text(this.wants).read(value, option)], oneOf: undefined }
    const rule = readTable(CLAIM_AUDIENCE, value, option, { wants: this.wants })
    return { path: rule.claim, oneOf: rule.oneOf }
  },
}

/** Every option of one issuer. */
export const ISSUER_TABLE: OptionTable<ReadIssuer> = {
  issuer: required(issuerName),
  keys: optional(keys, { kind: 'discovery', url: undefined }),
  audience: optional(audience),
  algorithms: optional(algorithms),
  tokenProfile: optional(oneOf(['access-token', 'rfc9068', 'id-token']), 'access-token'),
  clientIds: optional(list(text('a client identifier'), 'a list of client identifiers')),
  requiredClaims: optional(listOrNone(requiredClaim, 'a list of claim names or { claim, oneOf }'), []),
  mapping: optional(mapping),
  grants: optional(table(GRANTS_TABLE)),
  dpop: optional(table({ mode: required(dpopMode) })),
  acceptedIssuers: optional(listOrNone(issuerName, 'a list of exact "iss" strings'), []),
}

/** Where keys are looked for by whoever has read of them in a discovery document. */
const ISSUER_PLACES = Object.fromEntries(
  ['jwks', 'jwksUri', 'discoveryUrl'].map((name) => [name, `Write keys: { ${name} }.`]),
)

/**
 * Reads one issuer's options.
 *
 * @throws ConfigurationError naming the option
 */
export function readIssuer(value: unknown, option: string, wants = 'an object with "issuer"'): ReadIssuer {
  return readTable(ISSUER_TABLE, value, option, { wants, places: ISSUER_PLACES })
}

/** An entry of `issuers`: a URL, or an object. */
export const issuer: Kind<string | ReadIssuer> = {
  wants: 'an issuer URL, or an object with "issuer"',
  rows: toRows(ISSUER_TABLE),
  read(value, option) {
    return typeof value === 'string' ? issuerName.read(value, option) : readIssuer(value, option, this.wants)
  },
}
