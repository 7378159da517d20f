import { claims, NOW_SECONDS } from '../conformance/party.js'
import { toTokens } from './attack.js'
import type { Attack } from './attack.js'
import { HEADER } from './victim.js'

/** What stands for a date in JSON text, and is none. */
const LITERALS = [
  '"1900000000"',
  '"2030-01-01"',
  '""',
  'null',
  'true',
  '[1900000000]',
  '{}',
  '{"valueOf":1}',
  '1e400',
  '-1e400',
  '1e300',
  '9007199254740993',
]

/** Times that are none, and times that lie. */
export const time: readonly Attack[] = [
  {
    title: '#28 CVE-2026-25537 C8: exp, nbf and iat as texts, infinities, numbers beyond exactness and other types',
    tokens: async ({ sign }) => {
      const made = ['exp', 'nbf', 'iat'].flatMap((claim) =>
        LITERALS.map(async (literal) => {
          const text = JSON.stringify({ ...claims(), [claim]: undefined }).replace(/\}$/, `,"${claim}":${literal}}`)
          return [`${claim} of ${literal}`, await sign(HEADER, text)] as const
        }),
      )
      return toTokens('ERR_TOKEN_CLAIM_TYPE', Object.fromEntries(await Promise.all(made)))
    },
  },
  {
    title: 'T3 C8: NaN, Infinity and other numbers that JSON does not have',
    tokens: async ({ sign }) => {
      const made = [
        'NaN',
        'Infinity',
        '-Infinity',
        '0x7fffffff',
        '+1900000000',
        '01900000000',
        '1900000000.',
        '1_900_000_000',
      ].map(async (literal) => {
        const text = JSON.stringify(claims({ exp: undefined })).replace(/\}$/, `,"exp":${literal}}`)
        return [literal, await sign(HEADER, text)] as const
      })
      return toTokens('ERR_TOKEN_JSON', Object.fromEntries(await Promise.all(made)))
    },
  },
  {
    title: 'C4 C5 C6: a token that has expired, is not valid yet or was issued in the future',
    tokens: async ({ token }) => [
      ...toTokens('ERR_TOKEN_EXPIRED', {
        'five seconds ago, to the second': await token({ exp: NOW_SECONDS - 5 }),
        'an hour ago': await token({ exp: NOW_SECONDS - 3_600 }),
        'at zero': await token({ exp: 0 }),
        'before zero': await token({ exp: -1 }),
        'as far back as numbers go': await token({ exp: -Number.MAX_SAFE_INTEGER }),
        'in a fraction': await token({ exp: 0.5 }),
      }),
      ...toTokens('ERR_TOKEN_CLAIM_MISSING', { never: await token({ exp: undefined }) }),
      ...toTokens('ERR_TOKEN_NOT_YET_VALID', {
        'six seconds ahead': await token({ nbf: NOW_SECONDS + 6 }),
        'nbf in milliseconds': await token({ nbf: NOW_SECONDS * 1_000 }),
      }),
      ...toTokens('ERR_TOKEN_ISSUED_IN_FUTURE', {
        'six seconds ahead': await token({ iat: NOW_SECONDS + 6 }),
        'iat in milliseconds': await token({ iat: NOW_SECONDS * 1_000 }),
        'as far ahead as numbers go': await token({ iat: Number.MAX_SAFE_INTEGER }),
      }),
    ],
  },
]
