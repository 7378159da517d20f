import { toTokens } from './attack.js'
import type { Attack } from './attack.js'

/** One trusted issuer as another. Their keys have the same names. */
export const crossIssuer: readonly Attack[] = [
  {
    title: 'A5: a token of one trusted issuer in the name of another, whose keys have the same kid',
    tokens: async ({ acme, globex, initech }) => {
      const made = (['ES256', 'RS256', 'EdDSA'] as const).map(async (alg) => {
        return [`${alg} of Globex as Acme`, await globex.token({ iss: acme.issuer }, { alg })] as const
      })
      return toTokens('ERR_TOKEN_SIGNATURE', {
        ...Object.fromEntries(await Promise.all(made)),
        'Initech as Acme': await initech.token({ iss: acme.issuer }),
        'Acme as Initech': await acme.token({ iss: initech.issuer }),
        'Globex as Acme, without kid': await globex.token({ iss: acme.issuer }, { kid: null }),
      })
    },
  },
  {
    title: 'A5: a kid that only another trusted issuer has',
    tokens: async ({ acme, initech }) =>
      toTokens('ERR_KEY_NOT_FOUND', {
        'Acme’s RSA key, at Initech': await acme.token({ iss: initech.issuer }, { alg: 'RS256' }),
      }),
  },
  {
    title: 'C2: an issuer named twice, in the header and in the claims',
    tokens: async ({ token, forger, acme }) =>
      toTokens('ERR_ISSUER_UNTRUSTED', {
        'the trusted one in the header': await token(
          { iss: 'https://evil.example' },
          { key: forger.ES256, header: { iss: acme.issuer } },
        ),
      }),
  },
]
