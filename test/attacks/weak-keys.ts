import { AUDIENCE, encode, NOW_SECONDS } from '../conformance/party.js'
import type { Attack } from './attack.js'

/** Keys of a trusted set that cannot keep anybody out: dropped when the set is read, so that a token finds none. */
export const weakKeys: readonly Attack[] = [
  {
    title: 'A6 A10: short, factored, even, off-curve, small-order, private and shared keys of a trusted set',
    tokens: async ({ initech, unsound }) =>
      Promise.all(
        unsound.map(async ({ kid, alg, why, sign }) => {
          const payload = { iss: initech.issuer, sub: 'admin', aud: AUDIENCE, exp: NOW_SECONDS + 300 }
          const input = `${encode({ alg, kid, typ: 'at+jwt' })}.${encode(payload)}`
          const token = `${input}.${encode(Buffer.from(await sign(input)))}`
          return { name: `${kid}: ${why}`, token, reason: 'ERR_KEY_NOT_FOUND' } as const
        }),
      ),
  },
]
