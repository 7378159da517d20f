import { publishDiscoveryEvent } from '../diagnostics.js'
import { toElapsedMs, toMoment } from '../elapsed.js'
import type { Moment } from '../elapsed.js'
import { UpstreamError } from '../errors.js'
import { fetchDocument } from '../http/fetch-document.js'
import type { FetchedDocument } from '../http/fetch-document.js'
import type { Fetch } from '../http/fetch-request.js'
import { toLoggedUrl } from '../http/fetch-url.js'
import type { NamedHosts } from '../http/fetch-url.js'
import { toLifetimeMs } from '../keys/freshness.js'
import type { KeyCacheRules } from '../rules.js'
import type { Logger, Runtime } from '../runtime.js'
import { toMetadataUrls } from './well-known.js'

/** One issuer's metadata, read when it is asked for and kept like keys are. */
export interface Discovery {
  /** Where the issuer's keys are. Rejects with {@link UpstreamError}. */
  findJwksUri(signal: AbortSignal): Promise<string>
  /** Has the metadata read again at the next question. What is held stays good if that fails. */
  expire(): void
}

interface DiscoveryContext {
  readonly keyCache: KeyCacheRules
  readonly runtime: Runtime
  readonly logger: Logger
}

interface Metadata {
  readonly foundAt: string
  readonly jwksUri: string
  readonly etag: string | undefined
  readonly readAt: Moment
  readonly lifetimeMs: number
}

const TYPES = ['application/json']

/**
 * A host that failed is left alone for so long at least, however little `keyCache.minAgeMs` is: one that hangs uses up the deadline of
 * the keys as well, and attempts to read those lie up to a minute apart.
 */
const RETRY_MS = 60_000

/**
 * Creates the discovery of one issuer: the configured URL, or the well-known ones in order, and the first that answers 200 with metadata wins.
 * That document must name this issuer, character by character (RFC 8414 section 3.3, OpenID Connect Discovery section 4.3): another name is
 * an error, not a reason to look elsewhere. Its `jwks_uri` is fetched as a host that was learned.
 */
export function createDiscovery(
  issuer: string,
  url: string | undefined,
  named: NamedHosts,
  fetch: Fetch,
  { keyCache, runtime, logger }: DiscoveryContext,
): Discovery {
  let held: Metadata | undefined
  let expired = false
  /** When reading it again failed last, while what is held is still good. */
  let failedAt: Moment | undefined
  let reported = false

  async function read(signal: AbortSignal): Promise<Metadata> {
    const candidates = url === undefined ? toMetadataUrls(issuer) : [url]
    // Where it was found before it is asked for first.
    const ordered =
      held === undefined ? candidates : [held.foundAt, ...candidates.filter((candidate) => candidate !== held?.foundAt)]
    const readAt = toMoment(runtime)
    let failure: UpstreamError | undefined
    for (const candidate of ordered) {
      const known = held?.foundAt === candidate ? held : undefined
      try {
        const answer = await fetchDocument(fetch, { issuer, url: candidate, named, signal }, TYPES, known?.etag)
        return toMetadata(answer, candidate, known, readAt)
      } catch (error) {
        if (!(error instanceof UpstreamError) || !isElsewherePossible(error)) throw error
        // The first that says more than "not here".
        if (failure === undefined || isNotFound(failure)) failure = error
      }
    }
    if (failure !== undefined && !isNotFound(failure)) throw failure
    throw new UpstreamError('ERR_DISCOVERY_NOT_FOUND', { detail: { tried: ordered.map(toLoggedUrl) }, cause: failure })
  }

  function toMetadata(answer: FetchedDocument, foundAt: string, known: Metadata | undefined, readAt: Moment): Metadata {
    const lifetimeMs = toLifetimeMs(answer.header, keyCache)
    if (answer.unchanged) {
      if (known === undefined) throw new UpstreamError('ERR_UPSTREAM_STATUS', { detail: { status: 304 } })
      return { ...known, etag: answer.etag, readAt, lifetimeMs }
    }
    const { issuer: claimed, jwks_uri: jwksUri } = answer.members as { issuer?: unknown; jwks_uri?: unknown }
    if (typeof claimed !== 'string')
      throw new UpstreamError('ERR_DISCOVERY_MALFORMED', { detail: { member: 'issuer' } })
    // Another issuer's document would bring another issuer's keys.
    if (claimed !== issuer)
      throw new UpstreamError('ERR_DISCOVERY_ISSUER', {
        detail: { wants: issuer, nearMiss: toNearMiss(claimed, issuer) },
      })
    if (typeof jwksUri !== 'string')
      throw new UpstreamError('ERR_DISCOVERY_MALFORMED', { detail: { member: 'jwks_uri' } })
    if (answer.oddType !== undefined && !reported) {
      reported = true
      logger.warn('A discovery document has an unexpected content type', {
        issuer,
        contentType: answer.oddType,
        wants: TYPES,
      })
    }
    return { foundAt, jwksUri, etag: answer.etag, readAt, lifetimeMs }
  }

  return {
    async findJwksUri(signal) {
      if (held !== undefined && !expired && toElapsedMs(runtime, held.readAt) < held.lifetimeMs) return held.jwksUri
      const previous = held
      const usable =
        previous !== undefined && toElapsedMs(runtime, previous.readAt) < previous.lifetimeMs + keyCache.maxStaleMs
      // A hanging metadata server would eat the deadline of the keys each time, which may be elsewhere and well.
      if (usable && failedAt !== undefined && toElapsedMs(runtime, failedAt) < Math.max(keyCache.minAgeMs, RETRY_MS))
        return previous.jwksUri
      try {
        held = await read(signal)
        expired = false
        failedAt = undefined
        publishDiscoveryEvent({
          type: 'read',
          issuer,
          url: toLoggedUrl(held.foundAt),
          unchanged: previous?.jwksUri === held.jwksUri,
          lifetimeMs: held.lifetimeMs,
        })
        if (previous !== undefined && previous.jwksUri !== held.jwksUri) {
          logger.info('An issuer moved its keys', { issuer, url: toLoggedUrl(held.jwksUri) })
          publishDiscoveryEvent({ type: 'jwks-uri-changed', issuer, url: toLoggedUrl(held.jwksUri) })
        }
        return held.jwksUri
      } catch (error) {
        const reason = error instanceof UpstreamError ? error.reason : 'ERR_UNEXPECTED'
        publishDiscoveryEvent({ type: 'failed', issuer, reason, usable })
        // A document that names somebody else is an answer, and a wrong one: nothing it said before is taken either.
        if (!usable || reason === 'ERR_DISCOVERY_ISSUER') throw error
        failedAt = toMoment(runtime)
        logger.warn('The metadata of an issuer could not be read again', { issuer, reason })
        return previous.jwksUri
      }
    },
    expire() {
      expired = true
    },
  }
}

/** Whether another well-known URL of the same host may still have what this one has not. */
function isElsewherePossible({ reason }: UpstreamError): boolean {
  return (
    reason === 'ERR_UPSTREAM_STATUS' ||
    reason === 'ERR_UPSTREAM_REDIRECT' ||
    reason === 'ERR_UPSTREAM_CONTENT' ||
    reason === 'ERR_UPSTREAM_TOO_LARGE' ||
    reason === 'ERR_DISCOVERY_MALFORMED'
  )
}

function isNotFound(error: UpstreamError): boolean {
  const status = error.reason === 'ERR_UPSTREAM_STATUS' ? error.detail?.['status'] : undefined
  return status === 404 || status === 410
}

/** How the two names nearly agree: what an operator mistypes, told in a word instead of quoting the document. */
function toNearMiss(claimed: string, wanted: string): string | undefined {
  if (claimed === `${wanted}/` || `${claimed}/` === wanted) return 'trailing slash'
  if (claimed.toLowerCase() === wanted.toLowerCase()) return 'case'
  if (claimed.replace(/^http:/, 'https:') === wanted.replace(/^http:/, 'https:')) return 'scheme'
  return undefined
}
