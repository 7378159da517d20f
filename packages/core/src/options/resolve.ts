import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { KeysLocation } from '../keys/key-source.js'
import type { AudienceRule, IssuerRules, Rules } from '../rules.js'
import { toSafeLogger } from '../runtime.js'
import type { ReadAudience } from './audience-kind.js'
import { invalid } from './fail.js'
import { readTable } from './kinds.js'
import { ISSUER_TABLE, VERIFIER_TABLE } from './tables.js'
import type { ReadIssuer, ReadOptions } from './tables.js'
import { checkFetchUrl } from './url-kind.js'

/** One issuer, resolved: its rules, and where its keys come from. */
export interface ResolvedIssuer {
  readonly rules: IssuerRules
  readonly location: KeysLocation
}

/** A verifier's options, resolved and frozen. */
export interface Resolved<C> {
  readonly rules: Rules
  readonly issuers: readonly ResolvedIssuer[]
  readonly schema: StandardSchemaV1<unknown, C> | undefined
}

/**
 * Reads the options of `createVerifier`, once. Nothing is validated later, and nothing writes to the result.
 *
 * @throws ConfigurationError `ERR_CONFIG_MISSING`, `ERR_CONFIG_INVALID`, `ERR_CONFIG_UNKNOWN`
 */
export function resolveOptions<C>(options: unknown): Resolved<C> {
  const read = readTable(VERIFIER_TABLE, options, '')
  checkKeyCache(read)
  if (read.network.proxyUrl !== undefined) checkProxyUrl(read.network.proxyUrl)
  const issuers = read.issuers.map((entry, index) => resolveIssuer(entry, `issuers[${index}]`, read))
  checkOverlap(issuers)
  const { realm, clockToleranceSeconds, maxTokenAgeSeconds, maxTokenLifetimeSeconds } = read
  const { limits, network, keyCache, logger, runtime } = read
  const times = { clockToleranceSeconds, maxTokenAgeSeconds, maxTokenLifetimeSeconds }
  const rules: Rules = Object.freeze({ realm, ...times, limits, network, keyCache, logger: toSafeLogger(logger), runtime })
  return { rules, issuers, schema: read.claims as StandardSchemaV1<unknown, C> | undefined }
}

function resolveIssuer(entry: string | ReadIssuer, option: string, verifier: ReadOptions): ResolvedIssuer {
  const read = typeof entry === 'string' ? readTable(ISSUER_TABLE, { issuer: entry }, option) : entry
  const name = typeof entry === 'string' ? option : `${option}.issuer`
  checkLocation(read, option, name, verifier)
  checkProfile(read, option)
  const rules: IssuerRules = Object.freeze({
    issuer: read.issuer,
    acceptedIssuers: Object.freeze([read.issuer, ...read.acceptedIssuers]),
    audience: toAudienceRule(read.audience, verifier),
    algorithms: new Set(read.algorithms ?? verifier.algorithms),
    tokenProfile: read.tokenProfile,
    clientIds: read.clientIds ?? [],
    requiredClaims: read.requiredClaims,
  })
  return { rules, location: read.keys }
}

/** An issuer's own audience wins; where it names a claim, `aud` must still hold by the verifier's values if it is there. */
function toAudienceRule(own: ReadAudience | undefined, verifier: ReadOptions): AudienceRule {
  const audience = own ?? verifier.audience
  const match = verifier.audienceMatch
  if ('values' in audience) return Object.freeze({ values: audience.values, match, claim: undefined })
  const values = 'values' in verifier.audience ? verifier.audience.values : []
  return Object.freeze({ values, match, claim: { path: audience.claim, oneOf: audience.oneOf } })
}

function checkLocation({ issuer, keys }: ReadIssuer, option: string, name: string, { network }: ReadOptions): void {
  if (keys.kind === 'jwks-uri') checkFetchUrl(keys.url, `${option}.keys.jwksUri`, network)
  else if (keys.kind === 'discovery' && keys.url !== undefined) checkFetchUrl(keys.url, `${option}.keys.discoveryUrl`, network)
  else if (keys.kind === 'discovery') {
    checkFetchUrl(issuer, name, network)
    if (issuer.includes('?')) {
      const wants = 'an issuer URL without a query, to discover from'
      throw invalid({ option: name, got: issuer, wants, fix: 'Give its keys as { jwksUri } or { discoveryUrl }.' })
    }
  }
}

function checkProfile({ tokenProfile, clientIds }: ReadIssuer, option: string): void {
  if (tokenProfile === 'id-token' && clientIds === undefined) {
    const fix = 'List the clients whose ID tokens this API takes: any other client could sign users in here.'
    throw invalid({ option: `${option}.clientIds`, got: undefined, wants: 'a list of client identifiers', fix })
  }
  if (tokenProfile !== 'id-token' && clientIds !== undefined) {
    const fix = 'To pin the client of access tokens, use requiredClaims: [{ claim: ["client_id"], oneOf: [ … ] }].'
    throw invalid({ option: `${option}.clientIds`, got: clientIds, wants: 'nothing, unless tokenProfile is "id-token"', fix })
  }
}

/** One name, one issuer: a second entry would decide by its order in the list which rules hold. */
function checkOverlap(issuers: readonly ResolvedIssuer[]): void {
  const seen = new Set<string>()
  issuers.forEach(({ rules }, index) => {
    for (const name of rules.acceptedIssuers) {
      if (seen.has(name)) {
        const fix = 'Merge the entries, or take the name out of acceptedIssuers.'
        throw invalid({ option: `issuers[${index}]`, got: name, wants: 'a name that no other entry has', fix })
      }
      seen.add(name)
    }
  })
}

function checkKeyCache({ keyCache }: ReadOptions): void {
  const { minAgeMs, defaultAgeMs, maxAgeMs } = keyCache
  if (minAgeMs <= defaultAgeMs && defaultAgeMs <= maxAgeMs) return
  const got = `${minAgeMs}, ${defaultAgeMs}, ${maxAgeMs}`
  const wants = 'minAgeMs <= defaultAgeMs <= maxAgeMs'
  throw invalid({ option: 'keyCache', got, wants, fix: 'Set all three where you change one of them.' })
}

function checkProxyUrl(proxyUrl: string): void {
  const url = URL.canParse(proxyUrl) ? new URL(proxyUrl) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return
  const got = proxyUrl.replace(/\/\/[^/]*@/, '//…@')
  const fix = 'As in "http://proxy.example:3128"; the connection through it is still encrypted.'
  throw invalid({ option: 'network.proxyUrl', got, wants: 'an http or https URL', fix })
}

