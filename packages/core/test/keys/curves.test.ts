import fc from 'fast-check'
import { createPublicKey } from 'node:crypto'
import type { JsonWebKey } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { isOnCurve, isSoundEd25519Point } from '../../src/keys/curves.js'
import { makePair } from './jwks.js'

const CURVES = ['P-256', 'P-384', 'P-521'] as const
const PRIME = 2n ** 255n - 19n
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n

function toBytes(member: string | undefined): Buffer {
  return Buffer.from(member ?? '', 'base64url')
}

/** 32 bytes, little endian, as RFC 8032 writes a y coordinate, with the sign of x in the top bit. */
function encodeY(y: bigint, sign = 0): Buffer {
  const bytes = Buffer.from(y.toString(16).padStart(64, '0'), 'hex').reverse()
  bytes[31] = (bytes[31] ?? 0) | (sign << 7)
  return bytes
}

describe('A6: points on their curve', () => {
  it.each(CURVES)('takes the points of %s that OpenSSL makes', (curve) => {
    for (let run = 0; run < 20; run++) {
      const { x, y } = makePair(curve).jwk
      expect(isOnCurve(curve, toBytes(x), toBytes(y))).toBe(true)
    }
  })

  it.each(CURVES)('agrees with OpenSSL on points of %s with one bit flipped', (curve) => {
    const { jwk } = makePair(curve)
    fc.assert(
      fc.property(
        fc.constantFrom('x' as const, 'y' as const),
        fc.nat({ max: toBytes(jwk.x).length * 8 - 1 }),
        (member, bit) => {
          const bytes = toBytes(jwk[member])
          bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
          const flipped = { ...jwk, [member]: bytes.toString('base64url') }
          expect(isOnCurve(curve, toBytes(flipped.x), toBytes(flipped.y))).toBe(isImportable(flipped))
        },
      ),
      { numRuns: 100 },
    )
  })

  it('refuses the other root’s x, zero, coordinates beyond the prime and of another length', () => {
    const x = toBytes(makePair('P-256').jwk.x)
    const y = toBytes(makePair('P-256').jwk.y)
    const zero = Buffer.alloc(32)
    const ones = Buffer.alloc(32, 0xff)
    expect(isOnCurve('P-256', x, y)).toBe(false)
    expect(isOnCurve('P-256', zero, zero)).toBe(false)
    expect(isOnCurve('P-256', ones, ones)).toBe(false)
    const own = makePair('P-256').jwk
    expect(isOnCurve('P-256', Buffer.concat([Buffer.alloc(1), toBytes(own.x)]), toBytes(own.y))).toBe(false)
    expect(isOnCurve('P-384', toBytes(own.x), toBytes(own.y))).toBe(false)
  })
})

describe('A6: Ed25519 points', () => {
  it('takes the points that OpenSSL makes', () => {
    for (let run = 0; run < 20; run++) expect(isSoundEd25519Point(toBytes(makePair('Ed25519').jwk.x))).toBe(true)
  })

  it('refuses each point of small order, with either sign: one signature of it fits many messages', () => {
    const order8 = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n
    // Doubling (x, y) gives y = 0, which is of order 4, exactly where d·y⁴ + 2y² = 1.
    expect((D * order8 ** 4n + 2n * order8 ** 2n - 1n) % PRIME).toBe(0n)
    for (const y of [0n, 1n, PRIME - 1n, order8, PRIME - order8]) {
      for (const sign of [0, 1]) expect(isSoundEd25519Point(encodeY(y, sign))).toBe(false)
    }
  })

  it('refuses an encoding that is not canonical', () => {
    for (let y = PRIME; y < 2n ** 255n; y++) expect(isSoundEd25519Point(encodeY(y))).toBe(false)
    expect(isSoundEd25519Point(Buffer.alloc(32, 0xff))).toBe(false)
  })

  it('refuses exactly the y coordinates with no x, as the criterion of Euler has them', () => {
    let refused = 0
    for (let y = 2n; y < 202n; y++) {
      const square = (y * y) % PRIME
      const isSquare = toPower((square - 1n) * (D * square + 1n), (PRIME - 1n) / 2n) === 1n
      expect(isSoundEd25519Point(encodeY(y))).toBe(isSquare)
      if (!isSquare) refused++
    }
    expect(refused).toBeGreaterThan(60)
    expect(refused).toBeLessThan(140)
  })

  it('refuses another length', () => {
    expect(isSoundEd25519Point(Buffer.alloc(31, 2))).toBe(false)
    expect(isSoundEd25519Point(Buffer.alloc(33, 2))).toBe(false)
    expect(isSoundEd25519Point(Buffer.alloc(0))).toBe(false)
  })
})

function isImportable(jwk: JsonWebKey): boolean {
  try {
    createPublicKey({ key: jwk, format: 'jwk' })
    return true
  } catch {
    return false
  }
}

function toPower(base: bigint, exponent: bigint): bigint {
  let power = 1n
  for (let [square, rest] = [base % PRIME, exponent]; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) power = (power * square) % PRIME
    square = (square * square) % PRIME
  }
  return power
}
