import type { KeySource } from '@countersign/core'
import { invalid, list, listOrNone, optional, readTable, required, table, text } from '@countersign/core/adapter'
import type { Kind, OptionTable } from '@countersign/core/adapter'
import { checkFetchUrl, createKeySource, keys } from '@countersign/core/server'
import type { KeysLocation, KeySourceContext } from '@countersign/core/server'
import type { Experimental, TrustDomain } from './experimental.js'

/** An object of anything, by name. */
function byName<T>(entry: Kind<T>, wants: string): Kind<ReadonlyMap<string, T>> {
  return {
    wants,
    read(value, option) {
      if (typeof value !== 'object' || value === null || Array.isArray(value) || Object.keys(value).length === 0) {
        throw invalid({ option, got: value, wants, fix: 'Leave it out where there is none.' })
      }
      return new Map(Object.entries(value).map(([name, held]) => [name, entry.read(held, `${option}.${name}`)]))
    },
  }
}

const clientIds = byName(byName(text('a client id there'), 'client ids there, by ours'), 'client ids, by target')

interface ReadIssuer {
  readonly issuer: string
  readonly keys: KeysLocation
}

const issuers = list(
  table<ReadIssuer>({ issuer: required(text('the name of an issuer')), keys: required(keys) }),
  'a list of issuers',
)

const members = (name: string): OptionTable<TrustDomain>['context'] =>
  optional(listOrNone(text('a name'), `names of members of ${name}`), [])

const trustDomains = byName(
  table<TrustDomain>({ context: members('request_context'), details: members('request_details') }),
  'trust domains, by target',
)

interface ReadIdJag {
  readonly clientIds: ReadonlyMap<string, ReadonlyMap<string, string>> | undefined
  readonly issuers: readonly ReadIssuer[]
}

interface ReadExperimental {
  readonly idJagDraft03: ReadIdJag | undefined
  readonly transactionTokensDraft08: { readonly trustDomains: ReadonlyMap<string, TrustDomain> } | undefined
}

const EXPERIMENTAL_TABLE: OptionTable<ReadExperimental> = {
  idJagDraft03: optional(table<ReadIdJag>({ clientIds: optional(clientIds), issuers: optional(issuers, []) })),
  transactionTokensDraft08: optional(table({ trustDomains: required(trustDomains) })),
}

/**
 * Reads which drafts are on.
 *
 * @throws ConfigurationError also for two issuers of one name, ourselves among them: an identity assertion grant is never redeemed by
 *   whoever made it
 *
 * Not checked: whether targets and clients exist.
 */
export function readExperimental(options: unknown, ownIssuer: string, context: KeySourceContext): Experimental {
  const { idJagDraft03, transactionTokensDraft08 } = readTable(EXPERIMENTAL_TABLE, options ?? {}, 'experimental')
  const sources = new Map<string, KeySource>()
  idJagDraft03?.issuers.forEach((entry, index) => {
    const option = `experimental.idJagDraft03.issuers[${index}]`
    if (sources.has(entry.issuer) || entry.issuer === ownIssuer) {
      const fix = 'Each issuer has one entry, and its own service none.'
      throw invalid({ option: `${option}.issuer`, got: entry.issuer, wants: 'another issuer', fix })
    }
    sources.set(entry.issuer, createSource(entry, option, context))
  })
  return Object.freeze({
    idJagClientIds: idJagDraft03?.clientIds ?? new Map(),
    idJagIssuers: sources,
    trustDomains: transactionTokensDraft08?.trustDomains ?? new Map(),
    close() {
      for (const source of sources.values()) source.close()
    },
  })
}

function createSource({ issuer, keys: location }: ReadIssuer, option: string, context: KeySourceContext): KeySource {
  if (location.kind === 'jwks-uri') checkFetchUrl(location.url, `${option}.keys.jwksUri`, context.network)
  if (location.kind === 'discovery' && location.url !== undefined)
    checkFetchUrl(location.url, `${option}.keys.discoveryUrl`, context.network)
  // Named apart from the same issuer in a verifier: events of key sets go by the name.
  return createKeySource(`id-jag:${issuer}`, location, context)
}
