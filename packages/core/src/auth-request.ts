import type { X509Certificate } from 'node:crypto'
import { isCut } from './http/raw-fields.js'

/** The framework-neutral view of a request: all that authentication reads of it. */
export interface AuthRequest {
  readonly method: string
  /** Absolute, as the client sees it; `undefined` where no public URL is configured. */
  readonly url: string | undefined
  /** Every `Authorization` field, in order. */
  readonly authorization: readonly string[]
  /** Every `DPoP` field, in order. */
  readonly dpop: readonly string[]
  readonly remoteAddress: string | undefined
  /** The certificate of this TLS connection, if the client presented one. */
  clientCertificate(): X509Certificate | undefined
}

/** What is read of Node's `IncomingMessage`, and of what serverless and inject libraries make in its image. */
export interface IncomingRequest {
  readonly method?: string | undefined
  readonly url?: string | undefined
  /** Express keeps the target here when a router strips its prefix from `url`. */
  readonly originalUrl?: string | undefined
  readonly rawHeaders?: readonly string[] | undefined
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly socket?: ConnectionSocket | null | undefined
}

/** What is read of the connection beneath a request. */
export interface ConnectionSocket {
  readonly remoteAddress?: string | undefined
  /** On a TLS connection. */
  readonly encrypted?: boolean | undefined
  /** On a TLS connection whose server asks for certificates: whether the chain of the client's held. */
  readonly authorized?: boolean | undefined
  getPeerX509Certificate?(): X509Certificate | undefined
  /** Of a connection that Node's own server took. */
  readonly server?: { readonly maxHeadersCount?: number | null | undefined } | undefined
}

/** What is read of a Fetch API `Request`. */
export interface FetchRequest {
  readonly method: string
  readonly url: string
  readonly headers: { get(name: string): string | null }
}

/** Header fields by name in any case; several values of one field as an array. */
export type HeaderFields = Readonly<Record<string, string | readonly string[] | undefined>>

/** What {@link toAuthRequest} cannot read off the request itself. */
export interface AuthRequestContext {
  /** The origin, with or without a path prefix, under which clients reach this API. */
  readonly publicUrl?: string | undefined
  /** Whether the `Host` field stands in for a public URL that is not configured. */
  readonly trustHost?: boolean | undefined
  /** The request target as it came over the wire, where the framework has rewritten `url`. */
  readonly target?: string | undefined
}

/**
 * Builds the neutral view from parts, from Node's `IncomingMessage` or from a Fetch API `Request`.
 *
 * Node keeps the first of several `Authorization` fields and drops the rest, so multiplicity comes from `rawHeaders`;
 * only where that names none (serverless, inject) are `headers` believed. A target never replaces the origin of `publicUrl`.
 *
 * Not checked: anything inside the fields.
 */
export function toAuthRequest(method: string, url: string, headers: HeaderFields): AuthRequest
export function toAuthRequest(request: IncomingRequest | FetchRequest, context?: AuthRequestContext): AuthRequest
export function toAuthRequest(
  source: string | IncomingRequest | FetchRequest,
  context?: string | AuthRequestContext,
  headers?: HeaderFields,
): AuthRequest {
  if (typeof source === 'string') return fromParts(source, context as string, headers ?? {})
  if (isFetchRequest(source)) return fromFetch(source, context as AuthRequestContext | undefined)
  return fromIncoming(source, context as AuthRequestContext | undefined)
}

/** Tells whether a value is already the neutral view. */
export function isAuthRequest(value: AuthRequest | IncomingRequest | FetchRequest): value is AuthRequest {
  return Array.isArray((value as AuthRequest).authorization) && Array.isArray((value as AuthRequest).dpop)
}

function isFetchRequest(source: IncomingRequest | FetchRequest): source is FetchRequest {
  return typeof (source.headers as FetchRequest['headers']).get === 'function' && !('rawHeaders' in source)
}

function fromParts(method: string, url: string, headers: HeaderFields): AuthRequest {
  return {
    method,
    url,
    authorization: fieldsNamed(headers, 'authorization'),
    dpop: fieldsNamed(headers, 'dpop'),
    remoteAddress: undefined,
    clientCertificate: noCertificate,
  }
}

function fromFetch(source: FetchRequest, context: AuthRequestContext | undefined): AuthRequest {
  const authorization = source.headers.get('authorization')
  const dpop = source.headers.get('dpop')
  return {
    method: source.method,
    url: toFetchUrl(source, context),
    authorization: authorization === null ? [] : [authorization],
    dpop: dpop === null ? [] : [dpop],
    remoteAddress: undefined,
    clientCertificate: noCertificate,
  }
}

function fromIncoming(source: IncomingRequest, context: AuthRequestContext | undefined): AuthRequest {
  const publicUrl = context?.publicUrl ?? (context?.trustHost === true ? toHostUrl(source) : undefined)
  const target = context?.target ?? source.originalUrl ?? source.url ?? '/'
  const { authorization, dpop } = readFields(source)
  return {
    method: source.method ?? 'GET',
    url: publicUrl === undefined ? undefined : toPublicUrl(publicUrl, target),
    authorization,
    dpop,
    remoteAddress: source.socket?.remoteAddress,
    clientCertificate: () => source.socket?.getPeerX509Certificate?.(),
  }
}

const AUTHORIZATION = 'authorization'
const DPOP = 'dpop'

/**
 * Raw headers that name a token would name its proof too: `headers` are then not walked through for one, which was 0.4 of
 * the 5 us that a request cost.
 */
function readFields(source: IncomingRequest): Pick<AuthRequest, 'authorization' | 'dpop'> {
  const authorization: string[] = []
  const dpop: string[] = []
  const raw = source.rawHeaders ?? []
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const field = raw[index]
    if (isNamed(field, AUTHORIZATION)) authorization.push(raw[index + 1] ?? '')
    else if (isNamed(field, DPOP)) dpop.push(raw[index + 1] ?? '')
  }
  // Behind so many others a second token is seen by the proxy in front and not by us: an empty field stands for it.
  if (isCut(source)) {
    authorization.push('')
    dpop.push('')
  }
  const named = authorization.length > 0
  return {
    authorization: named ? authorization : fieldsNamed(source.headers, AUTHORIZATION),
    dpop: named || dpop.length > 0 ? dpop : fieldsNamed(source.headers, DPOP),
  }
}

/** Whether a field has a name, which is given in lower case. */
function isNamed(field: string | undefined, name: string): boolean {
  return field?.length === name.length && field.toLowerCase() === name
}

function fieldsNamed(headers: HeaderFields, name: string): readonly string[] {
  const found: string[] = []
  for (const [field, value] of Object.entries(headers)) {
    if (value === undefined || !isNamed(field, name)) continue
    if (typeof value === 'string') found.push(value)
    else found.push(...value)
  }
  return found
}

/** Whatever the client wrote into `Host`: right only where a proxy in front has checked it. */
function toHostUrl(source: IncomingRequest): string | undefined {
  // HTTP/2 has a pseudo-header in place of it, RFC 9113 section 8.3.1.
  const host = source.headers['host'] ?? source.headers[':authority']
  if (typeof host !== 'string' || !/^[\w.:[\]-]+$/.test(host)) return undefined
  return `${source.socket?.encrypted === true ? 'https' : 'http'}://${host}`
}

/** The URL of a Fetch API request says who the client thought we are: it is built from `Host`. */
function toFetchUrl({ url }: FetchRequest, context: AuthRequestContext | undefined): string | undefined {
  if (context?.publicUrl !== undefined) return toPublicUrl(context.publicUrl, context.target ?? url)
  return context?.trustHost === true ? url : undefined
}

/** By concatenation: `//evil.example/x` and `http://evil.example/x` as targets stay below our own origin. */
function toPublicUrl(publicUrl: string, target: string): string {
  const path = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '')
  const base = publicUrl.endsWith('/') ? publicUrl.slice(0, -1) : publicUrl
  return path.startsWith('/') ? base + path : `${base}/${path}`
}

function noCertificate(): undefined {
  return undefined
}
