/** Primes modulo which the powers of 65537 are only some of all residues; together one sound modulus in 200 million meets them all. */
const PRIMES = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157]

const POWERS: readonly (readonly [prime: bigint, powers: ReadonlySet<bigint>])[] = PRIMES.map((prime) => [
  BigInt(prime),
  toPowers(BigInt(prime)),
])

const PRODUCT = POWERS.reduce((product, [prime]) => product * prime, 1n)

/**
 * Tells whether an RSA modulus, big endian, looks like those of a smart card library whose primes are powers of 65537 modulo many
 * small primes (ROCA, CVE-2017-15361): whoever has such a public key can factor it.
 * Not checked: any other weakness of a modulus.
 */
export function hasRocaFingerprint(modulus: Uint8Array): boolean {
  // One division of the long number; the rest is done with its remainder.
  const rest = BigInt(`0x${Buffer.from(modulus).toString('hex')}`) % PRODUCT
  return POWERS.every(([prime, powers]) => powers.has(rest % prime))
}

function toPowers(prime: bigint): ReadonlySet<bigint> {
  const powers = new Set<bigint>()
  for (let power = 1n; !powers.has(power); power = (power * 65_537n) % prime) powers.add(power)
  return powers
}
