import { invalid } from '../options/fail.js'
import { list, optional, readTable, text } from '../options/kinds.js'
import type { OptionTable } from '../options/kinds.js'
import type { HttpHandler } from '../ports.js'
import type { Verifier } from '../verifier.js'

/** What the metadata says beyond the verifier's own configuration. */
export interface ResourceMetadataOptions {
  /** Scopes that this API understands. */
  readonly scopes?: readonly string[] | undefined
  /** A name for people. */
  readonly name?: string | undefined
  /** Where developers read about this API. */
  readonly documentation?: string | undefined
}

const OPTIONS: OptionTable<ResourceMetadataOptions> = {
  scopes: optional(list(text('a scope', 256), 'a list of scopes')),
  name: optional(text('a name for people', 256)),
  documentation: optional(text('the URL of a document')),
}

const WELL_KNOWN = '/.well-known/oauth-protected-resource'

/**
 * Serves the protected resource metadata of an API, from the configuration of its verifier; from then on its challenges
 * point there. Answers GET and HEAD at its own path, and preflights, with `Access-Control-Allow-Origin: *`.
 *
 * @throws ConfigurationError where the verifier has no `publicUrl`
 * @see RFC 9728 sections 3 and 5.1
 */
export function protectedResourceMetadata<C>(
  verifier: Verifier<C>,
  options: ResourceMetadataOptions = {},
): HttpHandler {
  const { scopes, name, documentation } = readTable(OPTIONS, options, '')
  const { publicUrl, proofs } = verifier
  if (publicUrl === undefined) {
    const fix = 'Clients compare the document with the URL that they called.'
    throw invalid({ option: 'publicUrl', got: undefined, wants: 'where clients reach this API', fix })
  }
  const body = JSON.stringify({
    resource: publicUrl,
    authorization_servers: presentList(verifier.authorizationServers),
    scopes_supported: presentList(scopes),
    bearer_methods_supported: ['header'],
    dpop_signing_alg_values_supported: proofs?.algorithms,
    dpop_bound_access_tokens_required: proofs?.required === true ? true : undefined,
    resource_name: name,
    resource_documentation: documentation,
  })
  const url = toMetadataUrl(publicUrl)
  verifier.advertise(url)
  const { pathname } = new URL(url)
  // Of an identifier that ends in a slash some clients keep it: the specification takes away that of a bare host alone.
  const paths = /[^/]\/$/.test(new URL(publicUrl).pathname) ? [pathname, `${pathname}/`] : [pathname]
  return async (request) => answer(request, paths, body)
}

/** The well-known path stands between the host and the path of the resource, RFC 9728 section 3.1. */
export function toMetadataUrl(publicUrl: string): string {
  const { origin, pathname } = new URL(publicUrl)
  return origin + WELL_KNOWN + (pathname === '/' ? '' : pathname.replace(/\/$/, ''))
}

/** An empty array is left out, RFC 9728 section 3.2. */
function presentList(values: readonly string[] | undefined): readonly string[] | undefined {
  return values === undefined || values.length === 0 ? undefined : values
}

function answer(request: Request, paths: readonly string[], body: string): Response {
  const headers = { 'Access-Control-Allow-Origin': '*' }
  if (request.method === 'OPTIONS') {
    const allowed = {
      'Access-Control-Allow-Methods': 'GET, HEAD',
      'Access-Control-Allow-Headers': '*',
      'Access-Control-Max-Age': '86400',
    }
    return new Response(null, { status: 204, headers: { ...headers, ...allowed } })
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return new Response(null, { status: 405, headers: { ...headers, Allow: 'GET, HEAD, OPTIONS' } })
  }
  if (!paths.includes(new URL(request.url).pathname)) return new Response(null, { status: 404, headers })
  const fields = { ...headers, 'Content-Type': 'application/json', 'Cache-Control': 'public, max-age=300' }
  return new Response(request.method === 'HEAD' ? null : body, { headers: fields })
}
