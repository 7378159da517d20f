import type { LookupAddress } from 'node:dns'
import { connect, isIP } from 'node:net'
import type { LookupFunction, Socket } from 'node:net'
import { connect as connectTls, createSecureContext } from 'node:tls'
import type { SecureContext } from 'node:tls'
import type { Duplex } from 'node:stream'
import { CountersignError, toCause, UpstreamError } from '../errors.js'
import type { NetworkRules } from '../rules.js'
import { raceDeadline } from './fetch-deadline.js'
import type { FindAddresses } from './fetch-names.js'
import { checkAddress } from './fetch-url.js'
import type { AddressRule } from './fetch-url.js'

/**
 * Opens a TCP connection to an address that was checked: the literal, or all that the name resolves to, and then the one the socket
 * says it is connected to. The name is looked up once, so that a second answer (DNS rebinding) is never asked for.
 *
 * @throws UpstreamError `ERR_UPSTREAM_ADDRESS`, `ERR_UPSTREAM_NETWORK`, or the signal's own
 */
export async function openSocket(
  host: { readonly hostname: string; readonly port: number; readonly addresses: AddressRule },
  findAddresses: FindAddresses,
  signal: AbortSignal,
): Promise<Socket> {
  const found = await findChecked(host.hostname, host.addresses, findAddresses, signal)
  signal.throwIfAborted()
  const socket = connect({ host: host.hostname, port: host.port, lookup: toLookup(found), autoSelectFamily: true })
  destroyOnAbort(socket, signal)
  await waitFor(socket, 'connect', signal)
  try {
    // A peer that is gone already has none.
    if (socket.remoteAddress === undefined) throw toNetworkError(undefined, signal)
    checkAddress(socket.remoteAddress, host.addresses)
  } catch (error) {
    socket.destroy()
    throw error
  }
  return socket
}

/**
 * Starts TLS on an open connection; the certificate must be good for `hostname` under the configured authorities,
 * whatever `NODE_TLS_REJECT_UNAUTHORIZED` says.
 *
 * @throws UpstreamError `ERR_UPSTREAM_NETWORK`, or the signal's own
 */
export async function startTls(
  socket: Duplex,
  hostname: string,
  network: NetworkRules,
  signal: AbortSignal,
): Promise<Socket> {
  const secure = connectTls({
    socket,
    host: hostname,
    // RFC 6066 section 3: no address literals in SNI.
    servername: isIP(hostname) === 0 ? hostname : '',
    ALPNProtocols: ['http/1.1'],
    rejectUnauthorized: true,
    ...(network.ca === undefined ? {} : { secureContext: toSecureContext(network, network.ca) }),
  })
  secure.once('close', () => socket.destroy())
  await waitFor(secure, 'secureConnect', signal)
  return secure
}

/** What a failing socket becomes: the signal's error where that is why it failed. */
export function toNetworkError(error: unknown, signal: AbortSignal): Error {
  if (signal.aborted) return signal.reason as Error
  if (error instanceof UpstreamError) return error
  // ENOTFOUND, ECONNREFUSED, CERT_HAS_EXPIRED: what an operator looks for first.
  const code = toCode(error)
  return new UpstreamError('ERR_UPSTREAM_NETWORK', { detail: code === undefined ? undefined : { code }, cause: error })
}

function toCode(error: unknown): string | undefined {
  const cause = toCause(error)
  return cause === undefined || cause instanceof CountersignError ? undefined : cause.code
}

async function findChecked(
  hostname: string,
  rule: AddressRule,
  findAddresses: FindAddresses,
  signal: AbortSignal,
): Promise<readonly LookupAddress[]> {
  if (isIP(hostname) !== 0) {
    checkAddress(hostname, rule)
    return []
  }
  let found: readonly LookupAddress[]
  try {
    found = await raceDeadline(findAddresses(hostname, rule, signal), signal)
  } catch (error) {
    throw toNetworkError(error, signal)
  }
  if (found.length === 0) throw new UpstreamError('ERR_UPSTREAM_NETWORK', { detail: { addresses: 0 } })
  // All of them: one private address among public ones is how rebinding looks to whoever picks the first.
  for (const { address } of found) checkAddress(address, rule)
  return found
}

/** Gives the socket the addresses that were checked, and no other. */
function toLookup(found: readonly LookupAddress[]): LookupFunction {
  // With `autoSelectFamily` it is asked for all of them, on every Node.
  return (_hostname, _options, callback) => callback(null, [...found])
}

function waitFor(socket: Duplex, event: 'connect' | 'secureConnect', signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(event, resolve)
    // Stays for the socket's life: an error after the promise settled must not crash the process.
    socket.on('error', (error) => reject(toNetworkError(error, signal)))
    socket.once('close', () => reject(toNetworkError(undefined, signal)))
  })
}

function destroyOnAbort(socket: Duplex, signal: AbortSignal): void {
  const onAbort = (): void => void socket.destroy()
  signal.addEventListener('abort', onAbort, { once: true })
  socket.once('close', () => signal.removeEventListener('abort', onAbort))
}

const secureContexts = new WeakMap<NetworkRules, SecureContext>()

/** Parsing a bundle of authorities takes milliseconds: once per verifier. */
function toSecureContext(network: NetworkRules, ca: readonly string[]): SecureContext {
  let context = secureContexts.get(network)
  if (context === undefined) {
    context = createSecureContext({ ca: [...ca] })
    secureContexts.set(network, context)
  }
  return context
}
