import { lookup, Resolver } from 'node:dns/promises'
import type { LookupAddress } from 'node:dns'
import { isIP } from 'node:net'
import type { AddressRule } from './fetch-url.js'

/** Answers every address of a name: whoever knows names here, or a test. */
export type FindAddresses = (
  hostname: string,
  addresses: AddressRule,
  signal: AbortSignal,
) => Promise<readonly LookupAddress[]>

/**
 * Asks the system for names that the configuration has, and name servers for those that only a document has.
 *
 * The system's look-up cannot be cancelled, and two at a time is all that a process does of them: of names that an issuer may make up,
 * each on a name server that never answers, a few would leave the look-ups of all others waiting, databases included.
 */
export const findAddresses: FindAddresses = (hostname, addresses, signal) =>
  addresses === 'public' ? askNameServers(hostname, signal) : askSystem(hostname)

const lookingUp = new Map<string, Promise<readonly LookupAddress[]>>()

/** The operating system's look-up, `/etc/hosts` included. A name whose servers hang is looked up once at a time. */
export function askSystem(hostname: string): Promise<readonly LookupAddress[]> {
  const known = lookingUp.get(hostname)
  if (known !== undefined) return known
  const found = lookup(hostname, { all: true }).finally(() => lookingUp.delete(hostname))
  lookingUp.set(hostname, found)
  return found
}

/**
 * Asks the name servers of this machine, or those that are given, until the signal aborts. Hosts files are not looked at: what may be
 * learned from a document is public, and they are not.
 */
export async function askNameServers(
  hostname: string,
  signal: AbortSignal,
  servers?: readonly string[],
): Promise<readonly LookupAddress[]> {
  // RFC 6761 section 6.3: whoever resolves names knows these.
  if (/(?:^|\.)localhost\.?$/.test(hostname)) return [{ address: '127.0.0.1', family: 4 }]
  const resolver = new Resolver()
  if (servers !== undefined) resolver.setServers(servers)
  const cancel = (): void => resolver.cancel()
  signal.addEventListener('abort', cancel, { once: true })
  try {
    const [v4, v6] = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)])
    const found = [v4, v6].flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
    if (found.length === 0 && v4.status === 'rejected') throw v4.reason
    return found.map((address) => ({ address, family: isIP(address) }))
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}
