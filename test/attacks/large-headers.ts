import { INVALID_TOKEN } from './attack.js'
import type { Attack } from './attack.js'

/** More than anybody needs. Node ends what is over its own limit; what is within it is refused before it is decoded. */
export const largeHeaders: readonly Attack[] = [
  {
    title: 'T7: 40 kB in one header field, and in many',
    requests({ token }) {
      const many = Array.from({ length: 900 }, (_, at) => [`X-${at}`, 'y'] as const)
      return token().then((good) => [
        {
          name: 'a token of 40 kB',
          request: { fields: [['Authorization', `Bearer ${'A'.repeat(40_000)}`]] },
          status: [431],
        },
        {
          name: 'another field of 40 kB beside a good token',
          request: {
            fields: [
              ['Authorization', `Bearer ${good}`],
              ['X', 'y'.repeat(40_000)],
            ],
          },
          status: [431],
        },
        {
          name: 'a target of 40 kB beside a good token',
          request: { path: `/me?${'y'.repeat(40_000)}`, fields: [['Authorization', `Bearer ${good}`]] },
          status: [431],
        },
        {
          name: 'a scheme of 40 kB',
          request: { fields: [['Authorization', `${'A'.repeat(40_000)} x`]] },
          status: [431],
        },
        {
          name: 'nine hundred fields and no token',
          request: { fields: many },
          status: [401],
          challenge: 'Bearer realm="api"',
        },
      ])
    },
  },
  {
    title: 'T7: tokens just within the limit of Node',
    requests: () => [
      {
        name: '14 kB of one letter',
        request: { fields: [['Authorization', `Bearer ${'A'.repeat(14_000)}`]] },
        status: [401],
        challenge: INVALID_TOKEN,
      },
      {
        name: '14 kB of dots',
        request: { fields: [['Authorization', `Bearer ${'.'.repeat(14_000)}`]] },
        status: [401],
        challenge: INVALID_TOKEN,
      },
      {
        name: '14 kB of equals signs',
        request: { fields: [['Authorization', `Bearer A${'='.repeat(14_000)}`]] },
        status: [401],
        challenge: INVALID_TOKEN,
      },
      {
        name: '14 kB of spaces before a token',
        request: { fields: [['Authorization', `Bearer ${' '.repeat(14_000)}x`]] },
        status: [401],
        challenge: INVALID_TOKEN,
      },
    ],
  },
]
