import { UpstreamError } from '../errors.js'
import { fetchDocument } from '../http/fetch-document.js'
import type { Fetch } from '../http/fetch-request.js'
import type { NamedHosts } from '../http/fetch-url.js'
import type { Discovery } from '../issuers/discovery.js'
import type { KeyCacheRules } from '../rules.js'
import type { Logger } from '../runtime.js'
import { toLifetimeMs } from './freshness.js'
import { toKeySet } from './key-set.js'
import type { KeySet } from './key-set.js'

/** A set as it was read just now; `unchanged` where the one at hand was confirmed. */
export interface KeysReading {
  readonly set: KeySet
  readonly unchanged: boolean
  readonly lifetimeMs: number
}

/** Reads an issuer's keys once. Rejects with an UpstreamError; keeps nothing but what revalidation needs. */
export type KeysReader = (held: KeySet | undefined, signal: AbortSignal) => Promise<KeysReading>

/** Where a set is fetched from. */
interface JwksLocation {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly named: NamedHosts
}

interface ReaderContext {
  readonly keyCache: KeyCacheRules
  readonly logger: Logger
}

const JWKS_TYPES = ['application/json', 'application/jwk-set+json']

/** Creates the reader of a configured or discovered `jwks_uri`. RFC 7517 section 5. */
export function createJwksReader(
  issuer: string,
  location: JwksLocation,
  fetch: Fetch,
  { keyCache, logger }: ReaderContext,
): KeysReader {
  let etag: string | undefined
  let reported = false
  return async (held, signal) => {
    const validator = held === undefined ? undefined : etag
    const answer = await fetchDocument(fetch, { issuer, ...location, signal }, JWKS_TYPES, validator)
    const lifetimeMs = toLifetimeMs(answer.header, keyCache)
    if (answer.unchanged) {
      if (held === undefined) throw new UpstreamError('ERR_UPSTREAM_STATUS', { detail: { status: 304 } })
      etag = answer.etag
      return { set: held, unchanged: true, lifetimeMs }
    }
    const set = toKeySet(answer.members, held)
    etag = answer.etag
    if (answer.oddType !== undefined && !reported) {
      reported = true
      logger.warn('A key set has an unexpected content type', {
        issuer,
        contentType: answer.oddType,
        wants: JWKS_TYPES,
      })
    }
    return { set, unchanged: false, lifetimeMs }
  }
}

/** Creates the reader of an issuer's keys by its metadata, which is read again when it is old or when its `jwks_uri` failed. */
export function createDiscoveredKeysReader(
  issuer: string,
  discovery: Discovery,
  named: NamedHosts,
  fetch: Fetch,
  context: ReaderContext,
): KeysReader {
  let at: string | undefined
  let read: KeysReader | undefined
  return async (held, signal) => {
    const url = await discovery.findJwksUri(signal)
    if (read === undefined || url !== at) {
      read = createJwksReader(issuer, { url, headers: {}, named }, fetch, context)
      at = url
    }
    try {
      return await read(held, signal)
    } catch (error) {
      // The set may have moved; the next attempt asks where to.
      discovery.expire()
      throw error
    }
  }
}
