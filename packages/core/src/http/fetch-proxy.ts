import { request } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { UpstreamError } from '../errors.js'
import type { NetworkRules } from '../rules.js'
import { openSocket, startTls, toNetworkError } from './fetch-connect.js'
import type { FindAddresses } from './fetch-names.js'
import { toBareHost, toPort } from './fetch-url.js'
import type { FetchTarget } from './fetch-url.js'

/** Connects to the configured proxy itself, over TLS where its URL is https. Its address may be private: the configuration names it. */
export async function openProxy(
  proxy: URL,
  network: NetworkRules,
  findAddresses: FindAddresses,
  signal: AbortSignal,
): Promise<Socket> {
  const hostname = toBareHost(proxy)
  const socket = await openSocket({ hostname, port: toPort(proxy), addresses: 'any' }, findAddresses, signal)
  return proxy.protocol === 'https:' ? startTls(socket, hostname, network, signal) : socket
}

/** The `Proxy-Authorization` header for a proxy URL with userinfo, RFC 7617; none without. */
export function toProxyHeaders(proxy: URL): Record<string, string> {
  if (proxy.username === '' && proxy.password === '') return {}
  const credentials = `${toPlain(proxy.username)}:${toPlain(proxy.password)}`
  return { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` }
}

/** The URL parser encodes what must be encoded and leaves a stray percent sign as it is. */
function toPlain(userinfo: string): string {
  try {
    return decodeURIComponent(userinfo)
  } catch {
    return userinfo
  }
}

/**
 * Asks the proxy for a tunnel to the target, RFC 9110 section 9.3.6. The proxy resolves the name; its answer is not seen here.
 *
 * @throws UpstreamError `ERR_UPSTREAM_NETWORK`, or the signal's own
 */
export function openTunnel(socket: Duplex, proxy: URL, target: FetchTarget, signal: AbortSignal): Promise<Duplex> {
  const authority = `${target.url.hostname}:${target.port}`
  return new Promise((resolve, reject) => {
    const ask = request({
      createConnection: () => socket,
      method: 'CONNECT',
      path: authority,
      setHost: false,
      headers: { host: authority, ...toProxyHeaders(proxy) },
    })
    // For every answer to CONNECT, whatever its status.
    ask.once('connect', (answer, tunnel, head) => {
      // Bytes before ours would be taken for the start of the target's handshake.
      if (answer.statusCode === 200 && head.length === 0) return resolve(tunnel)
      socket.destroy()
      return reject(new UpstreamError('ERR_UPSTREAM_NETWORK', { detail: { proxyStatus: answer.statusCode } }))
    })
    ask.on('error', (error) => reject(toNetworkError(error, signal)))
    ask.once('close', () => reject(toNetworkError(undefined, signal)))
    ask.end()
  })
}
