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
const OTHER_FAMILY_MS = 100

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
 * public is not in them. Where one family has answered, the other is not waited for (RFC 8305 section 3): there are resolvers that
 * drop what they do not know.
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
    const families = [resolver.resolve4(hostname), resolver.resolve6(hostname)].map((asked) =>
      asked.then((addresses) => void found.push(...addresses)),
    )
    const [v4] = await Promise.race([Promise.allSettled(families), toOneFamily(families)])
    if (found.length === 0 && v4?.status === 'rejected') throw v4.reason
    return found.map((address) => ({ address, family: isIP(address) }))
  } finally {
    resolver.cancel()
    signal.removeEventListener('abort', cancel)
  }
}

/** Ends a while after the first family that was found; never, where none is. */
async function toOneFamily(families: readonly Promise<void>[]): Promise<readonly []> {
  await Promise.any(families).catch(() => new Promise(() => {}))
  await setTimeout(OTHER_FAMILY_MS, undefined, { ref: false })
  return []
}
