import { parseFetchedJson } from './fetch-json.js'
import type { Fetch, FetchRequest } from './fetch-request.js'

/** A JSON document, or the news that the one at hand is still good. */
export type FetchedDocument = {
  header(name: string): string | undefined
  /** To revalidate with, RFC 9110 section 8.8.3. */
  readonly etag: string | undefined
} & (
  | { readonly unchanged: true }
  | {
      readonly unchanged: false
      readonly members: Readonly<Record<string, unknown>>
      /** The media type where it was not among those expected; tolerated, for the caller to report. */
      readonly oddType: string | undefined
    }
)

const MAX_ETAG_LENGTH = 256

/**
 * Fetches a JSON object; with `etag`, only if it changed. A type other than `types` is tolerated once the body parses: many servers say
 * `text/plain`, and whoever controls the body controls its type.
 *
 * @throws UpstreamError as {@link Fetch} and {@link parseFetchedJson}
 */
export async function fetchDocument(
  fetch: Fetch,
  request: FetchRequest,
  types: readonly string[],
  etag: string | undefined,
): Promise<FetchedDocument> {
  const revalidating = etag !== undefined
  const response = await fetch({
    ...request,
    headers: { accept: types.join(', '), ...request.headers, ...(revalidating ? { 'if-none-match': etag } : {}) },
    statuses: revalidating ? [200, 304] : [200],
  })
  const fresh = response.header('etag')
  const usable =
    fresh !== undefined && fresh.length <= MAX_ETAG_LENGTH && /^(?:W\/)?"[\x21\x23-\x7e]*"$/.test(fresh)
      ? fresh
      : undefined
  if (response.status === 304) return { unchanged: true, header: response.header, etag: usable ?? etag }
  const members = parseFetchedJson(response.body, request.url)
  const type = (response.header('content-type') ?? '').replace(/;.*/s, '').trim().toLowerCase()
  const oddType = types.includes(type) ? undefined : /^[\w.+-]{1,64}\/[\w.+-]{1,64}$/.test(type) ? type : 'none'
  return { unchanged: false, header: response.header, etag: usable, members, oddType }
}
