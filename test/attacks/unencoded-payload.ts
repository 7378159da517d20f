import { claims, encode } from '../conformance/party.js'
import { toTokens } from './attack.js'
import type { Attack } from './attack.js'
import { HEADER } from './victim.js'

/** `b64: false`, RFC 7797: what is signed is not what stands in the token. */
export const unencodedPayload: readonly Attack[] = [
  {
    title: 'T5: b64 that is not true, with crit and without',
    tokens: async ({ sign }) => {
      const headers: readonly object[] = [
        { b64: false },
        { b64: false, crit: ['b64'] },
        { b64: 'false' },
        { b64: 0 },
        { b64: null },
        { b64: [] },
        { b64: 'true' },
        { b64: true, crit: ['b64'] },
      ]
      const made = headers.map(
        async (header) => [JSON.stringify(header), await sign({ ...HEADER, ...header }, claims())] as const,
      )
      return toTokens('ERR_TOKEN_CRITICAL', Object.fromEntries(await Promise.all(made)))
    },
  },
  {
    title: 'T5: a payload that was signed as it is, and stands in the token as it is',
    tokens: async ({ acme }) => {
      const header = encode({ ...HEADER, b64: false, crit: ['b64'] })
      const signed = await acme.signEncoded(`${header}.{"sub":"admin"}`, { alg: 'ES256' })
      return toTokens('ERR_TOKEN_CRITICAL', { JSON: signed })
    },
  },
  {
    title: 'T5: a payload that stands elsewhere',
    tokens: async ({ token, acme }) => {
      const [header = '', , signature = ''] = (await token()).split('.')
      return toTokens('ERR_TOKEN_MALFORMED', {
        'cut out of a good token': `${header}..${signature}`,
        'signed as empty': await acme.signEncoded(`${header}.`, { alg: 'ES256' }),
      })
    },
  },
]
