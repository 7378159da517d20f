import { claims } from '../conformance/party.js'
import { toTokens } from './attack.js'
import type { Attack } from './attack.js'
import { HEADER } from './victim.js'

const SPELLINGS = [
  'none',
  'None',
  'NONE',
  'nOnE',
  'none ',
  ' none',
  'none\0',
  'n\u03bfne',
  'ｎｏｎｅ',
  'null',
  '',
  'false',
]

/** A token that says it needs no signature. */
export const none: readonly Attack[] = [
  {
    title: 'A1 A2: alg none, in every spelling, over any signature',
    tokens: ({ unsigned, token }) =>
      Promise.all(
        SPELLINGS.map(async (alg) => {
          const header = { ...HEADER, alg }
          const [, , signature = ''] = (await token()).split('.')
          return [
            ...toTokens('ERR_TOKEN_ALGORITHM', {
              [`${JSON.stringify(alg)} over bytes`]: unsigned(header, claims()),
              [`${JSON.stringify(alg)} over the signature of another token`]: unsigned(header, claims(), signature),
              [`${JSON.stringify(alg)} without a kid`]: unsigned({ alg, typ: 'at+jwt' }, claims()),
            }),
            // The form that RFC 7519 section 6 has for it. The header is looked at first, and refused as above.
            ...toTokens('ERR_TOKEN_ALGORITHM', {
              [`${JSON.stringify(alg)} over nothing`]: unsigned(header, claims(), ''),
            }),
          ]
        }),
      ).then((tokens) => tokens.flat()),
  },
  {
    title: 'A2: alg that is no string',
    tokens: ({ unsigned }) =>
      toTokens(
        'ERR_TOKEN_HEADER',
        Object.fromEntries(
          [undefined, null, false, 0, [], ['none'], ['ES256'], {}, { alg: 'ES256' }].map((alg) => [
            String(JSON.stringify(alg)),
            unsigned({ ...HEADER, alg }, claims()),
          ]),
        ),
      ),
  },
]
