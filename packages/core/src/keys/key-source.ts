import { createFetch } from '../http/fetch.js'
import { toNamedHost } from '../http/fetch-url.js'
import type { NamedHosts } from '../http/fetch-url.js'
import { createDiscovery } from '../issuers/discovery.js'
import type { AuditRecorder, KeySource } from '../ports.js'
import type { KeyCacheRules, NetworkRules } from '../rules.js'
import type { Logger, Runtime } from '../runtime.js'
import { createDiscoveredKeysReader, createJwksReader } from './keys-reader.js'
import { createRemoteKeySource } from './remote-key-source.js'
import { createStaticKeySource } from './static-key-source.js'
import type { ConfiguredKeys } from './static-key-source.js'

/** Where an issuer's keys are, as its options say. */
export type KeysLocation =
  | ConfiguredKeys
  | (RemoteKeys & {
      readonly kind: 'jwks-uri'
      readonly url: string
      readonly headers: Readonly<Record<string, string>> | undefined
    })
  /** Without a `url` the well-known ones of the issuer are tried in order. */
  | (RemoteKeys & { readonly kind: 'discovery'; readonly url: string | undefined })

interface RemoteKeys {
  /** Set where strangers may have chosen the hosts: they are then reached at public addresses alone, or on this very machine where the configuration allows plain http there. */
  readonly publicOnly?: true | undefined
}

/** What every key source of one verifier shares: rules and clocks, never keys. */
export interface KeySourceContext {
  readonly network: NetworkRules
  readonly keyCache: KeyCacheRules
  readonly runtime: Runtime
  readonly logger: Logger
  /** Where it is recorded what becomes of the keys. */
  readonly audit?: AuditRecorder | undefined
}

/**
 * Creates the keys of one issuer. Nothing is fetched before the first use, and no timer runs.
 * Not checked: that the URLs may be fetched; one that may not fails when it is.
 *
 * @throws ConfigurationError `ERR_CONFIG_INVALID` where a set given as it is holds no usable key
 * @throws TypeError where a URL, or an issuer to discover from, is no URL
 */
export function createKeySource(issuer: string, location: KeysLocation, context: KeySourceContext): KeySource {
  if (location.kind === 'jwks') return createStaticKeySource(issuer, location, context)
  const fetch = createFetch(context.network, context.runtime)
  if (location.kind === 'jwks-uri') {
    const { url, headers = {} } = location
    const named = toNamedHosts([url], location)
    return createRemoteKeySource(issuer, createJwksReader(issuer, { url, headers, named }, fetch, context), context)
  }
  // The issuer's own host counts as named even where the document is read from another one: that is how a container network looks.
  const named = toNamedHosts([location.url ?? issuer, issuer], location)
  const discovery = createDiscovery(issuer, location.url, named, fetch, context)
  return createRemoteKeySource(issuer, createDiscoveredKeysReader(issuer, discovery, named, fetch, context), context)
}

/** A host that plain http is allowed to was excepted for the issuers that the configuration lists, and for nobody who names it too. */
function toNamedHosts(urls: readonly string[], { publicOnly }: RemoteKeys): NamedHosts {
  const addresses = publicOnly === true ? 'public' : 'any'
  return new Map(urls.filter((url) => URL.canParse(url)).map((url) => [toNamedHost(url), addresses]))
}
