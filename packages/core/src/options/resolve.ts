import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { AskForIssuer } from '../issuers/directory.js'
import type { RevocationStore } from '../ports.js'
import type { Rules } from '../rules.js'
import { toDpopRules } from './dpop-rules.js'
import { ANSWER, invalid } from './fail.js'
import { readIssuer } from './issuer-table.js'
import { readTable } from './kinds.js'
import { resolveIssuer } from './resolve-issuer.js'
import type { ResolvedIssuer } from './resolve-issuer.js'
import { VERIFIER_PLACES, VERIFIER_TABLE } from './tables.js'
import type { ReadOptions, TokenCacheRules } from './tables.js'
import { checkServedUrl } from './url-kind.js'

/** A verifier's options, resolved and frozen. */
export interface Resolved<C> {
  readonly rules: Rules
  readonly issuers: readonly ResolvedIssuer[]
  readonly ask: AskForIssuer | undefined
  readonly dangerouslyTrustResolvedHosts: boolean
  readonly schema: StandardSchemaV1<unknown, C> | undefined
  readonly tokenCache: TokenCacheRules | undefined
  readonly revocations: RevocationStore | undefined
}

/**
 * Reads the options of `createVerifier`, once. Nothing is validated later, and nothing writes to the result.
 *
 * @throws ConfigurationError `ERR_CONFIG_MISSING`, `ERR_CONFIG_INVALID`, `ERR_CONFIG_UNKNOWN`
 */
export function resolveOptions<C>(options: unknown): Resolved<C> {
  const read = readTable(VERIFIER_TABLE, options, '', { places: VERIFIER_PLACES })
  checkKeyCache(read)
  if (read.network.proxyUrl !== undefined) checkProxyUrl(read.network.proxyUrl)
  for (const url of read.publicUrl) checkServedUrl(url, 'publicUrl', VERIFIER_TABLE.publicUrl.kind.wants, read.network)
  checkIssuers(read)
  const issuers = read.issuers.map((entry, index) => resolveIssuer(entry, `issuers[${index}]`, read, true))
  checkOverlap(issuers)
  const {
    realm,
    publicUrl,
    dangerouslyTrustRequestHost,
    clockToleranceSeconds,
    maxTokenAgeSeconds,
    maxTokenLifetimeSeconds,
  } = read
  const { limits, network, keyCache, audit, logger, runtime } = read
  const times = { clockToleranceSeconds, maxTokenAgeSeconds, maxTokenLifetimeSeconds }
  return {
    rules: Object.freeze({
      realm,
      publicUrls: publicUrl,
      dangerouslyTrustRequestHost,
      dpop: isBound(read, issuers) ? toDpopRules(read) : undefined,
      ...times,
      limits,
      network,
      keyCache,
      audit,
      logger,
      runtime,
    }),
    issuers,
    ask: toAsk(read),
    dangerouslyTrustResolvedHosts: read.dangerouslyTrustResolvedHosts,
    schema: read.claims as StandardSchemaV1<unknown, C> | undefined,
    tokenCache: read.tokenCache,
    revocations: read.revocationStore,
  }
}

/** Whether any token may be bound: without, the `DPoP` scheme is a foreign one. */
function isBound({ dpop, resolveIssuer: ask }: ReadOptions, issuers: readonly ResolvedIssuer[]): boolean {
  if (dpop === undefined) return false
  // What resolveIssuer answers may turn on what the verifier has off.
  return dpop.mode !== 'off' || ask !== undefined || issuers.some(({ rules }) => rules.dpopMode !== 'off')
}

/** The application's answers are read as strictly as its configuration, and must be about the issuer that was asked for. */
function toAsk(verifier: ReadOptions): AskForIssuer | undefined {
  const { resolveIssuer: ask } = verifier
  if (ask === undefined) return undefined
  return async (issuer) => {
    const answer: unknown = await ask(issuer)
    if (answer === undefined || answer === null) return undefined
    const read = readIssuer(answer, ANSWER)
    if (read.issuer !== issuer) {
      const fix = 'The principal would carry another name than the token does.'
      throw invalid({ option: `${ANSWER}.issuer`, got: read.issuer, wants: 'the issuer that was asked for', fix })
    }
    return resolveIssuer(read, ANSWER, verifier, false)
  }
}

/** An API without listed issuers has them all named on demand; without that, nobody could ever call it. */
function checkIssuers({ issuers, resolveIssuer: ask }: ReadOptions): void {
  if (issuers.length > 0 || ask !== undefined) return
  const fix = 'List at least one, or give resolveIssuer.'
  throw invalid({ option: 'issuers', got: issuers, wants: 'a list of issuers to trust', fix })
}

/** One name, one issuer: a second entry would decide by its order in the list which rules hold. */
function checkOverlap(issuers: readonly ResolvedIssuer[]): void {
  const seen = new Set<string>()
  issuers.forEach(({ rules }, index) => {
    for (const name of rules.acceptedIssuers) {
      // What a variable is called makes no other template.
      const shape = name.replaceAll(/\{[^{}]*\}/g, '{}')
      if (seen.has(shape)) {
        const fix = 'Merge the entries, or take the name out of acceptedIssuers.'
        throw invalid({ option: `issuers[${index}]`, got: name, wants: 'a name that no other entry has', fix })
      }
      seen.add(shape)
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
  const fix = 'As in "http://proxy.example:3128"; the connection through it is still encrypted.'
  throw invalid({ option: 'network.proxyUrl', got: proxyUrl, wants: 'an http or https URL', fix })
}
