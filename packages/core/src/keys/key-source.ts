import { validateHeaderName, validateHeaderValue } from 'node:http'
import { ConfigurationError } from '../errors.js'
import { createFetch } from '../http/fetch.js'
import { parseFetchTarget, toNamedHost } from '../http/fetch-url.js'
import { createDiscovery, toIssuerUrl } from '../issuers/discovery.js'
import type { KeySource } from '../ports.js'
import type { KeyCacheRules, NetworkRules } from '../rules.js'
import type { Logger, Runtime } from '../runtime.js'
import { createDiscoveredKeysReader, createJwksReader } from './keys-reader.js'
import { createRemoteKeySource } from './remote-key-source.js'
import { createStaticKeySource } from './static-key-source.js'

/** Where an issuer's keys are, as its options say. */
export type KeysLocation =
  | { readonly kind: 'jwks'; readonly jwks: { readonly keys: readonly object[] } }
  | { readonly kind: 'jwks-uri'; readonly url: string; readonly headers: Readonly<Record<string, string>> | undefined }
  /** Without a `url` the well-known ones of the issuer are tried in order. */
  | { readonly kind: 'discovery'; readonly url: string | undefined }

/** What every key source of one verifier shares: rules and clocks, never keys. */
export interface KeySourceContext {
  readonly network: NetworkRules
  readonly keyCache: KeyCacheRules
  readonly runtime: Runtime
  readonly logger: Logger
}

/**
 * Creates the keys of one issuer. Nothing is fetched before the first use, and no timer runs.
 *
 * @throws ConfigurationError `ERR_CONFIG_INVALID`: a URL that may not be fetched, a header that cannot be sent, no usable key in a static set
 */
export function createKeySource(issuer: string, location: KeysLocation, context: KeySourceContext): KeySource {
  const { network, keyCache, runtime } = context
  if (location.kind === 'jwks') return createStaticKeySource(issuer, location.jwks, context)
  const fetch = createFetch(network, runtime)
  if (location.kind === 'jwks-uri') {
    checkConfiguredUrl('keys.jwksUri', location.url, network)
    const headers = toSendableHeaders(location.headers)
    const named = new Set([toNamedHost(location.url)])
    return createRemoteKeySource(issuer, createJwksReader(issuer, { url: location.url, headers, named }, fetch, context), context)
  }
  const url = location.url ?? toIssuerUrl(issuer)
  checkConfiguredUrl(location.url === undefined ? 'issuer' : 'keys.discoveryUrl', url, network)
  // The issuer's own host counts as named even where the document is read from another one: that is how a container network looks.
  const named = new Set([url, issuer].filter((text) => URL.canParse(text)).map(toNamedHost))
  const discovery = createDiscovery(issuer, location.url, named, fetch, { keyCache, runtime, logger: context.logger })
  return createRemoteKeySource(issuer, createDiscoveredKeysReader(issuer, discovery, named, fetch, context), context)
}

function checkConfiguredUrl(option: string, url: string, network: NetworkRules): void {
  const named = URL.canParse(url) ? new Set([toNamedHost(url)]) : new Set<string>()
  try {
    parseFetchTarget(url, named, network)
  } catch (error) {
    throw new ConfigurationError(
      'ERR_CONFIG_INVALID',
      `${option}: got ${JSON.stringify(url.slice(0, 200))}, wants an https URL of at most 2,048 characters without userinfo and fragment. ` +
        'Plain http needs network.allowInsecureLoopback for this machine, or the host in network.dangerouslyAllowHttpHosts.',
      { option, part: String((error as { detail?: { part?: unknown } }).detail?.part) },
    )
  }
}

function toSendableHeaders(headers: Readonly<Record<string, string>> | undefined): Readonly<Record<string, string>> {
  const sendable: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers ?? {})) {
    try {
      validateHeaderName(name)
      validateHeaderValue(name, value)
    } catch {
      // Names the header, never its value: that is where the secret is.
      throw new ConfigurationError('ERR_CONFIG_INVALID', `keys.headers: ${JSON.stringify(name)} cannot be sent, wants a token as name and visible ASCII as value.`, {
        option: 'keys.headers',
      })
    }
    sendable[name.toLowerCase()] = value
  }
  return sendable
}
