import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { importJwk } from '../../src/keys/jwk.js'
import { hasRocaFingerprint } from '../../src/keys/weak-moduli.js'

const PRIMES = [11n, 13n, 17n, 19n, 37n, 53n, 61n, 71n, 73n, 79n, 97n, 103n, 107n, 109n, 127n, 151n, 157n]
const PRODUCT = PRIMES.reduce((product, prime) => product * prime, 1n)

/** An odd number of 2,048 bits with this remainder. */
function withRest(rest: bigint): Uint8Array {
  let modulus = 2n ** 2_047n - (2n ** 2_047n % PRODUCT) + PRODUCT + rest
  if (modulus % 2n === 0n) modulus += PRODUCT
  return Buffer.from(modulus.toString(16), 'hex')
}

function toPower(exponent: number): bigint {
  let power = 1n
  for (let count = 0; count < exponent; count++) power = (power * 65_537n) % PRODUCT
  return power
}

describe('the moduli of a library whose keys can be factored', () => {
  it.each([0, 1, 2, 1_000])('A6: are known by their remainders: 65537 to the power of %i', (exponent) => {
    const modulus = withRest(toPower(exponent))
    expect(hasRocaFingerprint(modulus)).toBe(true)
    const jwk = { kty: 'RSA', n: Buffer.from(modulus).toString('base64url'), e: 'AQAB' }
    expect(importJwk(jwk, 'RSA')).toBe('weak')
  })

  it.each(PRIMES)('A6: are not those whose remainder modulo %i is another one', (prime) => {
    // Every power of 65537 is a unit: what the prime divides is none.
    const rest = toPower(7)
    const modulus = withRest(
      (rest + (prime - (rest % prime)) * (PRODUCT / prime) * inverse(PRODUCT / prime, prime)) % PRODUCT,
    )
    expect(hasRocaFingerprint(modulus)).toBe(false)
  })

  it('A6: are not those that OpenSSL makes', () => {
    const { n = '' } = generateKeyPairSync('rsa', { modulusLength: 2_048 }).publicKey.export({ format: 'jwk' })
    expect(hasRocaFingerprint(Buffer.from(n, 'base64url'))).toBe(false)
  })
})

function inverse(value: bigint, prime: bigint): bigint {
  for (let candidate = 1n; candidate < prime; candidate++) if ((value * candidate) % prime === 1n) return candidate
  throw new RangeError('There is none')
}
