import { INVALID_REQUEST } from './attack.js'
import type { Attack } from './attack.js'

/** Tokens of an issuer whose key server is down, while other requests come in. */
export const unreachableKeys: readonly Attack[] = [
  {
    title: '#33 CVE-2025-64527: two tokens of two issuers, while the key server of one is down',
    async requests({ hooli, token }) {
      const down = `Bearer ${await hooli.token()}`
      const good = `Bearer ${await token()}`
      return [
        ...[
          [down, good],
          [good, down],
          [down, down],
        ].map((values) => ({
          name: `in two fields, ${values[0] === good ? 'the good one' : 'that one'} first`,
          request: { fields: values.map((value) => ['Authorization', value] as const) },
          status: [400],
          challenge: INVALID_REQUEST,
        })),
        {
          name: 'in one field',
          request: { fields: [['Authorization', `${down}, ${good}`]] },
          status: [400],
          challenge: INVALID_REQUEST,
        },
        { name: 'alone', request: { fields: [['Authorization', down]] }, status: [503] },
        { name: 'alone, once more', request: { fields: [['Authorization', down]] }, status: [503] },
      ]
    },
  },
]
