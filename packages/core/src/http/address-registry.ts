import { BlockList, isIP, isIPv4 } from 'node:net'

/**
 * The IANA special-purpose registries for IPv4 and IPv6 (RFC 6890), plus multicast and reserved space: whatever is not plainly
 * somewhere on the public internet.
 */
const SPECIAL_IPV4 =
  '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4'

/** Among them what carries an IPv4 address inside, Teredo and 6to4, through which a private host could be named. */
const SPECIAL_IPV6 = '2001::/23 2001:db8::/32 2002::/16 3fff::/20'

/** Before an IPv4 address, where a network translates (RFC 6052 section 2.1): DNS64 makes such addresses of every host that has IPv4 alone. */
const NAT64 = '64:ff9b::'

/**
 * Where every global unicast address is (RFC 4291 section 2.4, IANA): all else of IPv6, what translates IPv4 otherwise included, is
 * unassigned or local. And those that carry an IPv4 address for all to see, which are judged by it.
 */
const GLOBAL_IPV6 = `2000::/3 ::ffff:0:0/96 ${NAT64}/96`

const special = new BlockList()
const global = new BlockList()
const loopback = new BlockList()
for (const range of SPECIAL_IPV4.split(' ')) {
  addRange(special, range, 'ipv4')
  const [address = '', prefix = ''] = range.split('/')
  special.addSubnet(`${NAT64}${address}`, 96 + Number(prefix), 'ipv6')
}
for (const range of SPECIAL_IPV6.split(' ')) addRange(special, range, 'ipv6')
for (const range of GLOBAL_IPV6.split(' ')) addRange(global, range, 'ipv6')
addRange(loopback, '127.0.0.0/8', 'ipv4')
addRange(loopback, '::1/128', 'ipv6')

/**
 * Tells whether an IP address literal lies outside every special-purpose range.
 * An IPv4-mapped IPv6 address, and one of NAT64's well-known prefix, is judged as the IPv4 address it stands for. What is no address is not public.
 */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !special.check(address, 'ipv4')
  return isIP(address) === 6 && global.check(address, 'ipv6') && !special.check(address, 'ipv6')
}

/** Tells whether an IP address literal is loopback: `127.0.0.0/8`, its IPv4-mapped form, or `::1`. */
export function isLoopbackAddress(address: string): boolean {
  return isIP(address) !== 0 && loopback.check(address, isIPv4(address) ? 'ipv4' : 'ipv6')
}

function addRange(list: BlockList, range: string, type: 'ipv4' | 'ipv6'): void {
  const [address = '', prefix = ''] = range.split('/')
  list.addSubnet(address, Number(prefix), type)
}
