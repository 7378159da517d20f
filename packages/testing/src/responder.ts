import { createHash } from 'node:crypto'
import type { JSONWebKeySet } from 'jose'
import type { DocumentResponse, Endpoint, IssuerRequest } from './answer.js'
import { toDiscoveryUrl } from './metadata.js'
import type { DiscoveryForm } from './metadata.js'

/** How the documents are served; each may be changed while the issuer runs. */
export interface ServingOptions {
  /** Which discovery documents exist; by default `['oidc', 'oauth']`. */
  readonly discovery?: readonly DiscoveryForm[] | undefined
  /** The `Cache-Control` field of both documents; by default none is sent. */
  readonly cacheControl?: string | undefined
  /** The `Age` field of both documents, in seconds; by default none is sent. */
  readonly ageSeconds?: number | undefined
  /** Whether an `ETag` is sent and `If-None-Match` is answered by 304; by default `true`. */
  readonly etag?: boolean | undefined
  /** By default `application/json`; the other registered one is `application/jwk-set+json`. */
  readonly jwksContentType?: string | undefined
  /** By default `application/json`. */
  readonly discoveryContentType?: string | undefined
}

/** What the responder shows, read anew for each request. */
export interface ResponderState {
  readonly issuer: string
  readonly jwksUri: string
  readonly metadata: Readonly<Record<string, unknown>>
  readonly jwks: JSONWebKeySet
  readonly serving: ServingOptions
}

/** Which document a URL names. The path alone decides, so that a listener may stand at another address. */
export function toEndpoint(state: ResponderState, url: string): Endpoint {
  const { pathname } = new URL(url)
  if (pathname === new URL(state.jwksUri).pathname) return 'jwks'
  return toDiscoveryUrls(state).some((known) => pathname === new URL(known).pathname) ? 'discovery' : 'other'
}

/** Whether the URL is exactly one that the issuer serves, whatever its query. */
export function isServed(state: ResponderState, url: string): boolean {
  const { origin, pathname } = new URL(url)
  return [state.jwksUri, ...toDiscoveryUrls(state)].some((known) => {
    const parsed = new URL(known)
    return parsed.origin === origin && parsed.pathname === pathname
  })
}

/**
 * Answers a request as a healthy issuer does: the one responder behind the endpoint in memory and the one that listens.
 *
 * Serves discovery, RFC 8414 metadata and the JWKS, by GET and HEAD, with an entity tag (RFC 9110 section 13.1.2).
 */
export function respond(state: ResponderState, request: IssuerRequest, endpoint: Endpoint): DocumentResponse {
  if (endpoint === 'other') return toJson(404, { error: 'not_found' })
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    const refusal = toJson(405, { error: 'method_not_allowed' })
    return { ...refusal, headers: { ...refusal.headers, allow: 'GET, HEAD' } }
  }
  const { serving } = state
  const body = encode(endpoint === 'jwks' ? state.jwks : state.metadata)
  const contentType =
    (endpoint === 'jwks' ? serving.jwksContentType : serving.discoveryContentType) ?? 'application/json'
  const tag = serving.etag === false ? undefined : toEntityTag(body)
  const headers = toHeaders({
    'cache-control': serving.cacheControl,
    age: serving.ageSeconds?.toString(),
    etag: tag,
  })
  if (tag !== undefined && isMatch(request.headers['if-none-match'], tag)) {
    return { kind: 'response', status: 304, headers, body: new Uint8Array() }
  }
  const length = String(body.byteLength)
  return {
    kind: 'response',
    status: 200,
    headers: { 'content-type': contentType, 'content-length': length, ...headers },
    body: request.method === 'HEAD' ? new Uint8Array() : body,
  }
}

/** An answer of JSON that is neither cached nor tagged. */
export function toJson(status: number, value: unknown): DocumentResponse {
  const body = encode(value)
  const headers = { 'content-type': 'application/json', 'content-length': String(body.byteLength) }
  return { kind: 'response', status, headers, body }
}

function toDiscoveryUrls({ issuer, serving }: ResponderState): readonly string[] {
  return (serving.discovery ?? ['oidc', 'oauth']).map((form) => toDiscoveryUrl(issuer, form))
}

function encode(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value))
}

function toEntityTag(body: Uint8Array): string {
  return `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
}

function isMatch(ifNoneMatch: string | undefined, tag: string): boolean {
  if (ifNoneMatch === undefined) return false
  const candidates = ifNoneMatch.split(',').map((candidate) => candidate.trim().replace(/^W\//, ''))
  return candidates.includes('*') || candidates.includes(tag)
}

function toHeaders(fields: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const present: Record<string, string> = {}
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) present[name] = value
  return present
}
