import { isIP } from 'node:net'
import { UpstreamError } from '../errors.js'
import type { NetworkRules } from '../rules.js'
import { isLoopbackAddress, isPublicAddress } from './address-registry.js'

/** Which addresses a host may have: `any` where the configuration names it, `public` where somebody else does. */
export type AddressRule = 'any' | 'public' | 'loopback'

/** `host:port` of every host that is named for an issuer, {@link toNamedHost}, and which addresses it may have. */
export type NamedHosts = ReadonlyMap<string, Exclude<AddressRule, 'loopback'>>

/** A URL that may be fetched, taken apart once. */
export interface FetchTarget {
  readonly url: URL
  /** Without the brackets of an IPv6 literal. */
  readonly hostname: string
  readonly port: number
  readonly secure: boolean
  readonly addresses: AddressRule
}

const MAX_URL_LENGTH = 2_048

/**
 * Names that never leave the machine or the site, as a proxy would resolve them for us: those of one label, and RFC 6761, RFC 6762
 * with its appendix G, and RFC 8375.
 */
const SITE_NAME = /(?:^[^.]+|(?:^|\.)(?:localhost|local|intranet|internal|private|corp|home|lan|home\.arpa))\.?$/

/**
 * The `host:port` of a URL as the named hosts of a fetch are written: lower case, with the port always there.
 *
 * @throws TypeError where the text is no URL
 */
export function toNamedHost(url: string): string {
  const parsed = new URL(url)
  return `${parsed.hostname}:${toPort(parsed)}`
}

/**
 * Checks a URL against every rule that needs no name look-up: https (or plain http to a host that the rules except), no userinfo, no
 * fragment, at most 2,048 characters; for a host that is not among `named`, port 443; and where its addresses must be public, no
 * special-purpose literal. Not checked: what a name resolves to.
 *
 * @throws UpstreamError `ERR_UPSTREAM_URL`, `ERR_UPSTREAM_ADDRESS`
 */
export function parseFetchTarget(text: string, named: NamedHosts, network: NetworkRules): FetchTarget {
  if (!isPlainUrl(text)) throw refused('syntax')
  const url = new URL(text)
  const secure = url.protocol === 'https:'
  if (!secure && url.protocol !== 'http:') throw refused('scheme')
  if (url.username !== '' || url.password !== '') throw refused('userinfo')
  if (url.hash !== '' || text.includes('#')) throw refused('fragment')
  const hostname = toBareHost(url)
  const port = toPort(url)
  const loopbackOnly = !secure && !isHttpAllowed(url, network)
  if (loopbackOnly && !(network.allowInsecureLoopback && isLoopbackHost(url))) throw refused('scheme')
  const rule = named.get(`${url.hostname}:${port}`)
  // A document may send us to any public host, but not to a port of its choice: that would make us a port scanner.
  if (rule === undefined && port !== 443)
    throw new UpstreamError('ERR_UPSTREAM_ADDRESS', { detail: { wants: 'port 443' } })
  if (rule !== undefined && loopbackOnly) return { url, hostname, port, secure, addresses: 'loopback' }
  const addresses = rule ?? 'public'
  if (addresses === 'public') checkPublicHost(hostname, network)
  return { url, hostname, port, secure, addresses }
}

/**
 * Checks one address that a name resolved to, or that a socket is connected to.
 *
 * @throws UpstreamError `ERR_UPSTREAM_ADDRESS`
 */
export function checkAddress(address: string, rule: AddressRule): void {
  if (rule === 'any') return
  if (rule === 'loopback' ? isLoopbackAddress(address) : isPublicAddress(address)) return
  throw new UpstreamError('ERR_UPSTREAM_ADDRESS', { detail: { wants: rule, address } })
}

/** A URL for logs: without its query, which may carry a key. */
export function toLoggedUrl(url: string): string {
  if (!URL.canParse(url)) return '(not a URL)'
  const parsed = new URL(url)
  return `${parsed.protocol}//${parsed.host}${parsed.pathname}`.slice(0, MAX_URL_LENGTH)
}

function checkPublicHost(hostname: string, network: NetworkRules): void {
  // Sockets never look an IP literal up, so that the look-up hook alone would let 127.0.0.1 through.
  if (isIP(hostname) !== 0) checkAddress(hostname, 'public')
  // Behind a proxy the name is resolved where we cannot see it.
  else if (network.proxyUrl !== undefined && SITE_NAME.test(hostname)) {
    throw new UpstreamError('ERR_UPSTREAM_ADDRESS', { detail: { wants: 'public' } })
  }
}

/**
 * Tells whether a text is a URL of at most 2,048 characters that every reader takes apart alike: the WHATWG parser silently drops white
 * space and control characters and reads a backslash as a slash.
 */
export function isPlainUrl(text: string): boolean {
  return text.length <= MAX_URL_LENGTH && !/[\s\\\p{Cc}]/u.test(text) && URL.canParse(text)
}

/** Tells whether an http URL's host is one that may be reached without TLS by name; with its port, where that is not 80. */
export function isHttpAllowed(
  url: URL,
  { dangerouslyAllowHttpHosts }: Pick<NetworkRules, 'dangerouslyAllowHttpHosts'>,
): boolean {
  return dangerouslyAllowHttpHosts.some((host) => {
    const lower = host.toLowerCase()
    return lower === url.host || lower === `${url.host}:80`
  })
}

/** Tells whether a URL's host is this machine: a loopback literal, `localhost`, or a name under it (RFC 6761 section 6.3). */
export function isLoopbackHost(url: URL): boolean {
  return isLoopbackAddress(toBareHost(url)) || /^(?:.+\.)?localhost$/.test(url.hostname)
}

/** A URL's host name, an IPv6 literal without its brackets. */
export function toBareHost({ hostname }: URL): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
}

/** A URL's port, also where it is the default one of its scheme. */
export function toPort(url: URL): number {
  return url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port)
}

function refused(wants: string): UpstreamError {
  return new UpstreamError('ERR_UPSTREAM_URL', { detail: { part: wants } })
}
