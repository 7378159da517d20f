import { request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { UpstreamError } from '../errors.js'
import type { NetworkRules } from '../rules.js'
import { openSocket, startTls, toNetworkError } from './fetch-connect.js'
import type { FindAddresses } from './fetch-names.js'
import { openProxy, openTunnel, toProxyHeaders } from './fetch-proxy.js'
import { readBody } from './fetch-body.js'
import type { FetchAnswer, FetchRequest } from './fetch-request.js'
import type { FetchTarget } from './fetch-url.js'

const MAX_HEADER_BYTES = 16_384
/** Answers that only announce another one. */
const MAX_INTERIM = 10

/** Sends a request over a connection of its own, closed after it, and gives the answer as soon as its headers are there. */
export async function sendOverSocket(
  wanted: FetchRequest,
  target: FetchTarget,
  network: NetworkRules,
  findAddresses: FindAddresses,
): Promise<FetchAnswer> {
  const { signal } = wanted
  // Plain http to loopback means this machine; a proxy's loopback is another one.
  const proxy =
    network.proxyUrl === undefined || target.addresses === 'loopback' ? undefined : new URL(network.proxyUrl)
  const carrier =
    proxy === undefined
      ? await openSocket(target, findAddresses, signal)
      : await openProxy(proxy, network, findAddresses, signal)
  try {
    const tunnel = proxy !== undefined && target.secure ? await openTunnel(carrier, proxy, target, signal) : carrier
    const socket = target.secure ? await startTls(tunnel, target.hostname, network, signal) : tunnel
    const message = await sendRequest(socket, wanted, target, target.secure ? undefined : proxy)
    return {
      status: Number(message.statusCode),
      redirected: false,
      address: carrier.remoteAddress,
      header: (name) => message.headers[name]?.toString(),
      read: () => readMessage(message, network.maxBytes, signal),
      discard() {
        message.destroy()
        socket.destroy()
        carrier.destroy()
      },
    }
  } catch (error) {
    carrier.destroy()
    throw error
  }
}

/** No agent: the connection was opened and checked by us, and no other request will use it. */
function sendRequest(
  socket: Duplex,
  wanted: FetchRequest,
  target: FetchTarget,
  proxy: URL | undefined,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const ask = request({
      createConnection: () => socket,
      method: wanted.method ?? 'GET',
      path: proxy === undefined ? `${target.url.pathname}${target.url.search}` : target.url.href,
      setHost: false,
      maxHeaderSize: MAX_HEADER_BYTES,
      insecureHTTPParser: false,
      headers: {
        accept: 'application/json',
        ...wanted.headers,
        host: target.url.host,
        connection: 'close',
        'accept-encoding': 'identity',
        'user-agent': 'countersign',
        ...(proxy === undefined ? {} : toProxyHeaders(proxy)),
      },
    })
    ask.once('response', resolve)
    // Each is parsed before anything else happens, and there may be thousands in one reading (RFC 9110 section 15.2).
    let interim = 0
    ask.on('information', () => {
      if (++interim > MAX_INTERIM) socket.destroy()
    })
    // Stays: an error after the answer must not crash the process.
    ask.on('error', (error) => reject(toNetworkError(error, wanted.signal)))
    ask.once('close', () => reject(toNetworkError(undefined, wanted.signal)))
    // We never asked to switch protocols.
    ask.once('upgrade', () => {
      socket.destroy()
      reject(new UpstreamError('ERR_UPSTREAM_STATUS', { detail: { status: 101 } }))
    })
    ask.end(wanted.body)
  })
}

async function readMessage(message: IncomingMessage, maxBytes: number, signal: AbortSignal): Promise<Uint8Array> {
  // Says how the body would be encoded that it does not have (RFC 9110 section 15.4.5): nothing at all is no gzip.
  if (message.statusCode === 304) return new Uint8Array()
  try {
    return await readBody(message, message.headers['content-encoding'], maxBytes)
  } catch (error) {
    throw toNetworkError(error, signal)
  }
}
