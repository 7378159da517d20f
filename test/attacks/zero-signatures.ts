import { claims, encode } from '../conformance/party.js'
import { toTokens } from './attack.js'
import type { Attack } from './attack.js'
import { HEADER } from './victim.js'
import { SMALL_ORDER_POINTS } from './unsound-keys.js'

const ORDER = 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551'
const FIELD = 'ffffffff00000001000000000000000000000000ffffffffffffffffffffffff'
const ONE = '0'.repeat(63) + '1'
const ZERO = '0'.repeat(64)
const HIGH = 'f'.repeat(64)

function hex(text: string): string {
  return Buffer.from(text, 'hex').toString('base64url')
}

/** Numbers as signatures for which the equation of a careless verifier holds, whatever the message. */
export const zeroSignatures: readonly Attack[] = [
  {
    title: '#31 CVE-2022-21449: r and s of zero, of the order, and beyond it',
    tokens: ({ unsigned }) => {
      const values = { zero: ZERO, one: ONE, 'the order': ORDER, 'the field': FIELD, 'all ones': HIGH }
      const pairs = Object.entries(values).flatMap(([first, r]) =>
        Object.entries(values).map(([second, s]) => [
          `r is ${first}, s is ${second}`,
          unsigned(HEADER, claims(), hex(r + s)),
        ]),
      )
      return toTokens('ERR_TOKEN_SIGNATURE', Object.fromEntries(pairs) as Record<string, string>)
    },
  },
  {
    title: '#31 CVE-2022-21449: a signature of nothing but zeros, of every length',
    tokens: ({ unsigned }) => {
      const lengths = [1, 32, 63, 64, 65, 96, 128, 132, 256]
      const made = lengths.map((length) => [
        `${length} bytes`,
        unsigned(HEADER, claims(), encode(Buffer.alloc(length))),
      ])
      const rsa = unsigned({ ...HEADER, alg: 'RS256', kid: 'rs256-1' }, claims(), hex('00'.repeat(256)))
      const one = unsigned({ ...HEADER, alg: 'RS256', kid: 'rs256-1' }, claims(), hex(`${'00'.repeat(255)}01`))
      const huge = unsigned({ ...HEADER, alg: 'RS256', kid: 'rs256-1' }, claims(), hex('ff'.repeat(256)))
      return toTokens('ERR_TOKEN_SIGNATURE', {
        ...(Object.fromEntries(made) as Record<string, string>),
        'RS256, 0': rsa,
        'RS256, 1': one,
        'RS256, beyond the modulus': huge,
        EdDSA: unsigned({ ...HEADER, alg: 'EdDSA', kid: 'eddsa-1' }, claims(), hex('00'.repeat(64))),
      })
    },
  },
  {
    title: 'A6: a small-order point as the first half of an Ed25519 signature',
    tokens: ({ unsigned }) => {
      const header = { ...HEADER, alg: 'EdDSA', kid: 'eddsa-1' }
      const made = SMALL_ORDER_POINTS.map((point) => [point, unsigned(header, claims(), hex(point + ZERO))])
      return toTokens('ERR_TOKEN_SIGNATURE', Object.fromEntries(made) as Record<string, string>)
    },
  },
]
