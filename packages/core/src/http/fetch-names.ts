import { lookup, Resolver } from 'node:dns/promises'
import type { LookupAddress } from 'node:dns'
import { isIP } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import type { AddressRule } from './fetch-url.js'

/** Answers every address of a name: whoever knows names here, or a test. */
export type FindAddresses = (
  hostname: string,
  addresses: AddressRule,
  signal: AbortSignal,
) => Promise<readonly LookupAddress[]>

/**
 * Asks the system for names that the configuration has, and name servers for those of others, {@link AddressRule}.
 *
 * The system's look-up cannot be cancelled, and two at a time is all that a process does of them: of names that a stranger may make up,
 * each on a name server that never answers, a few would leave the look-ups of all others waiting, databases included.
 */
export const findAddresses: FindAddresses = (hostname, addresses, signal) =>
  addresses === 'public' ? askNameServers(hostname, signal) : askSystem(hostname)

/** A lost datagram costs a second, and not the five of the default, which are over the deadline of a fetch. */
const PATIENCE = { timeout: 1_000, tries: 3 }
const IPV6_AFTER_IPV4_MS = 100
const IPV4_AFTER_IPV6_MS = 1_500

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
 * Asks the name servers of this machine, or those that are given, until the signal aborts. Hosts files are not looked at: what must be
 * public is not in them. Where IPv4 has answered, IPv6 is not waited for (RFC 8305 section 3): there are resolvers that drop what they do
 * not know. The other way about there is time for one datagram that was lost, since few machines get far without IPv4.
 */
export async function askNameServers(
  hostname: string,
  signal: AbortSignal,
  servers?: readonly string[],
): Promise<readonly LookupAddress[]> {
  // RFC 6761 section 6.3: whoever resolves names knows these.
  if (/(?:^|\.)localhost\.?$/.test(hostname)) return [{ address: '127.0.0.1', family: 4 }]
  const resolver = new Resolver(PATIENCE)
  if (servers !== undefined) resolver.setServers(servers)
  const cancel = (): void => resolver.cancel()
  signal.addEventListener('abort', cancel, { once: true })
  try {
    const found: string[] = []
    const take = (addresses: readonly string[]): void => void found.push(...addresses)
    const [v4, v6] = [resolver.resolve4(hostname).then(take), resolver.resolve6(hostname).then(take)]
    const both = Promise.allSettled([v4, v6])
    await Promise.race([both, pauseAfter(v4, IPV6_AFTER_IPV4_MS), pauseAfter(v6, IPV4_AFTER_IPV6_MS)])
    if (found.length === 0) await v4
    return found.map((address) => ({ address, family: isIP(address) }))
  } finally {
    resolver.cancel()
    signal.removeEventListener('abort', cancel)
  }
}

/** Ends a while after something was found; never, where nothing is. */
async function pauseAfter(family: Promise<void>, ms: number): Promise<void> {
  await family.catch(() => new Promise(() => {}))
  await setTimeout(ms, undefined, { ref: false })
}
