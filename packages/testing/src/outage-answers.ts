import type { DocumentResponse, Endpoint, IssuerAnswer, IssuerRequest, IssuerResponse } from './answer.js'
import { cutShort, pad, padCompressed, stall, toHalf, trickle } from './outage-bodies.js'
import { toJson } from './responder.js'

/**
 * How an issuer fails.
 *
 * - `down`: nothing listens, the system refuses the connection; for one endpoint alone the connection is reset
 * - `refusing`: the connection is reset as soon as the request was read
 * - `slow`: the answer comes after `delayMs`
 * - `hanging`: the request is read and never answered
 * - `stalled`: header and half of the body, then nothing
 * - `loris`: a byte of the body each `intervalMs`
 * - `huge`: a body of `bodyBytes`, streamed without a length, that would be right if it were read
 * - `gzip-bomb`: a small body that inflates to `bodyBytes`, whatever encoding the client accepts
 * - `redirect`: 302 to `location`, by default to a place where the right answer stands
 * - `malformed`: JSON that breaks off
 * - `truncated`: the connection ends before the announced length
 * - `deep-json`: the right document with a hundred thousand brackets in a member of its own
 * - `empty-body`: 200 and nothing
 * - `empty-set`: a key set without keys; discovery stays right
 * - `lying-issuer`: discovery names `issuer`; the key set stays right
 * - `html`: 200 and a page, as a captive portal answers
 * - `not-found`: 404
 * - `error-500`: `status`, with `retryAfterSeconds` where it is given
 */
export type OutageKind =
  | 'down'
  | 'refusing'
  | 'slow'
  | 'hanging'
  | 'stalled'
  | 'loris'
  | 'huge'
  | 'gzip-bomb'
  | 'redirect'
  | 'malformed'
  | 'truncated'
  | 'deep-json'
  | 'empty-body'
  | 'empty-set'
  | 'lying-issuer'
  | 'html'
  | 'not-found'
  | 'error-500'

/** The particulars of an outage; each matters to the kinds that name it alone. */
export interface OutageOptions {
  /** What fails; by default `both`, which takes every other path of the issuer along. */
  readonly endpoint?: 'discovery' | 'jwks' | 'both' | undefined
  /** After how many requests the issuer recovers by itself; by default it does not. Not for `down` on a port, which sees none. */
  readonly requests?: number | undefined
  /** By default 1,000. */
  readonly delayMs?: number | undefined
  /** By default 200. */
  readonly intervalMs?: number | undefined
  /** By default 60,000,000, and 256 MiB for `gzip-bomb`. */
  readonly bodyBytes?: number | undefined
  readonly location?: string | undefined
  /** By default `https://evil.example`. */
  readonly issuer?: string | undefined
  /** By default 500. */
  readonly status?: number | undefined
  readonly retryAfterSeconds?: number | undefined
}

/** A request in an outage, and what a healthy issuer would say to it. */
export interface FailingRequest {
  readonly request: IssuerRequest
  readonly endpoint: Endpoint
  /** The ordinary answer, which may be 304. */
  readonly ordinary: DocumentResponse
  /** The ordinary answer with its body, whatever the request's conditions. */
  readonly full: DocumentResponse
}

type Failure = (failing: FailingRequest, options: OutageOptions) => IssuerAnswer

/** The query that tells a followed redirect, which is answered as ever, from a first request. */
const FOLLOWED = 'followed'

const HUGE_BYTES = 60_000_000
const BOMB_BYTES = 256 * 1024 * 1024
const DEEP_LEVELS = 100_000

const failures: Readonly<Record<OutageKind, Failure>> = {
  down: (_failing, { endpoint = 'both' }) => ({ kind: endpoint === 'both' ? 'refused' : 'reset' }),
  refusing: () => ({ kind: 'reset' }),
  hanging: () => ({ kind: 'silence' }),
  slow: ({ ordinary }, { delayMs = 1000 }) => ({ ...ordinary, delayMs }),
  stalled: ({ full }) => ({ ...full, body: stall(full.body) }),
  loris: ({ full }, { intervalMs = 200 }) => ({ ...full, body: trickle(full.body, intervalMs) }),
  huge: ({ full }, { bodyBytes = HUGE_BYTES }) => toUnmeasured(full, pad(full.body, bodyBytes)),
  'gzip-bomb': ({ full }, { bodyBytes = BOMB_BYTES }) =>
    withHeaders(toUnmeasured(full, padCompressed(full.body, bodyBytes)), { 'content-encoding': 'gzip' }),
  redirect({ request, ordinary }, { location }) {
    const url = new URL(request.url)
    if (url.searchParams.has(FOLLOWED)) return ordinary
    url.searchParams.set(FOLLOWED, '')
    const headers = { location: location ?? `${url.pathname}${url.search}`, 'content-length': '0' }
    return { kind: 'response', status: 302, headers, body: new Uint8Array() }
  },
  malformed: ({ full }) => toReplaced(full, toHalf(full.body)),
  truncated: ({ full }) => ({ ...full, body: cutShort(full.body) }),
  'deep-json'({ full }) {
    const deep = `${'['.repeat(DEEP_LEVELS)}${']'.repeat(DEEP_LEVELS)}`
    return toReplaced(full, encode(`${decode(full.body).slice(0, -1)},"deep":${deep}}`))
  },
  'empty-body': ({ full }) => toReplaced(full, new Uint8Array()),
  'empty-set': ({ endpoint, ordinary, full }) =>
    endpoint === 'jwks' ? toReplaced(full, encode('{"keys":[]}')) : ordinary,
  'lying-issuer'({ endpoint, ordinary, full }, { issuer = 'https://evil.example' }) {
    if (endpoint !== 'discovery') return ordinary
    const document = JSON.parse(decode(full.body)) as Readonly<Record<string, unknown>>
    return toReplaced(full, encode(JSON.stringify({ ...document, issuer })))
  },
  html({ full }) {
    const page = encode('<!doctype html><title>Welcome to the hotel</title><p>Please log in.')
    return { ...withHeaders(toReplaced(full, page), { 'content-type': 'text/html; charset=utf-8' }), status: 200 }
  },
  'not-found': () => toJson(404, { error: 'not_found' }),
  'error-500'(_failing, { status = 500, retryAfterSeconds }) {
    const answer = toJson(status, { error: 'server_error' })
    return retryAfterSeconds === undefined ? answer : withHeaders(answer, { 'retry-after': String(retryAfterSeconds) })
  },
}

/**
 * Answers a request the way a failing issuer does.
 *
 * @throws TypeError where the kind is unknown
 */
export function fail(kind: OutageKind, failing: FailingRequest, options: OutageOptions): IssuerAnswer {
  return failures[kind](failing, options)
}

/**
 * Checks that there is such an outage.
 *
 * @throws TypeError naming those there are
 */
export function checkOutageKind(kind: string): void {
  if (Object.hasOwn(failures, kind)) return
  throw new TypeError(`Unknown outage ${JSON.stringify(kind)}; there are ${Object.keys(failures).join(', ')}`)
}

/** No length and no tag: the first belongs to another body, and the second would let a later 304 confirm this one. */
function toUnmeasured(response: IssuerResponse, body: IssuerResponse['body']): IssuerResponse {
  const { 'content-length': _length, etag: _tag, ...headers } = response.headers
  return { ...response, headers, body }
}

function toReplaced(response: IssuerResponse, body: Uint8Array): IssuerResponse {
  return withHeaders(toUnmeasured(response, body), { 'content-length': String(body.byteLength) })
}

function withHeaders(response: IssuerResponse, fields: Readonly<Record<string, string>>): IssuerResponse {
  return { ...response, headers: { ...response.headers, ...fields } }
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

function decode(body: Uint8Array): string {
  return new TextDecoder().decode(body)
}
