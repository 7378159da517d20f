import { isIP } from 'node:net'

/** How much of an address stays: bits of IPv4, 16-bit groups of IPv6. */
export interface Prefix {
  readonly ipv4: 24
  readonly ipv6Groups: 3 | 4
}

/** What one attacker has to themselves: a customer's /64, and of IPv4, where neighbours are cheap, a /24. */
export const ATTACKER: Prefix = { ipv4: 24, ipv6Groups: 4 }
/** What does not single out a person: /24 and /48. */
export const NEIGHBOURHOOD: Prefix = { ipv4: 24, ipv6Groups: 3 }

/** The network of an address, such as `192.0.2.0/24` or `2001:db8:0:1::/64`; `undefined` for what is no address. */
export function toNetwork(address: string, { ipv6Groups }: Prefix): string | undefined {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  const text = mapped ?? address.replace(/%.*$/s, '')
  switch (isIP(text)) {
    case 4:
      return `${text.slice(0, text.lastIndexOf('.'))}.0/24`
    case 6: {
      const groups = toGroups(text).slice(0, ipv6Groups)
      return `${groups.map((group) => group.toString(16)).join(':')}::/${ipv6Groups * 16}`
    }
    default:
      return undefined
  }
}

/** The eight groups of an IPv6 address that `isIP` has let pass; a dotted end counts as two. */
function toGroups(address: string): readonly number[] {
  const [left = '', right] = address.split('::')
  const head = toPart(left)
  const tail = right === undefined ? [] : toPart(right)
  return [...head, ...Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => 0), ...tail]
}

function toPart(part: string): readonly number[] {
  if (part === '') return []
  return part.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)]
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number)
    return [a * 256 + b, c * 256 + d]
  })
}
