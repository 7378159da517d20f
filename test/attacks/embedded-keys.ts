import { createPrivateKey } from 'node:crypto'
import { createTestAuthority } from '@countersign/testing'
import { toTokens } from './attack.js'
import type { Attack } from './attack.js'

/** A token that brings the key it is to be verified with. */
export const embeddedKeys: readonly Attack[] = [
  {
    title: '#6 CVE-2018-0114 A4: a key in the header, under the name of the issuer’s',
    tokens: async ({ token, forger }) => {
      const made = (['ES256', 'RS256', 'EdDSA'] as const).flatMap((alg) => {
        const key = forger[alg]
        const headers: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
          jwk: { jwk: key.publicJwk },
          'jwk without a name': { jwk: { ...key.publicJwk, kid: undefined } },
          'jwk as text': { jwk: JSON.stringify(key.publicJwk) },
          'a set': { jwks: { keys: [key.publicJwk] }, keys: [key.publicJwk] },
          x5c: { x5c: [key.publicKey.export({ format: 'der', type: 'spki' }).toString('base64')] },
        }
        return Object.entries(headers).map(
          async ([name, header]) => [`${alg}, ${name}`, await token({}, { key, header })] as const,
        )
      })
      return toTokens('ERR_TOKEN_SIGNATURE', Object.fromEntries(await Promise.all(made)))
    },
  },
  {
    title: '#27 CVE-2026-27962 A4: a key in the header, where the issuer has none of that name',
    tokens: async ({ token, forger }) => {
      const key = { ...forger.ES256, kid: 'unheard-of' }
      const nameless = await token({}, { key: forger.ES256, kid: null, header: { jwk: key.publicJwk } })
      return [
        ...toTokens('ERR_KEY_NOT_FOUND', {
          'an unknown kid': await token({}, { key, header: { jwk: key.publicJwk } }),
        }),
        ...toTokens('ERR_TOKEN_SIGNATURE', { 'no kid at all': nameless }),
      ]
    },
  },
  {
    title: 'A4: the issuer’s own key in the header, over a signature of another',
    tokens: async ({ token, forger, acme }) => {
      const [own] = acme.jwks.keys
      return toTokens('ERR_TOKEN_SIGNATURE', {
        jwk: await token({}, { key: forger.ES256, header: { jwk: own } }),
        'jwk twice, by two names': await token(
          {},
          { key: forger.ES256, header: { jwk: own, JWK: forger.ES256.publicJwk } },
        ),
      })
    },
  },
  {
    title: 'A4: a secret in the header, and HMAC with it',
    tokens: async ({ token }) => {
      const key = Buffer.from('a secret of the attacker')
      const header = { jwk: { kty: 'oct', k: key.toString('base64url') } }
      return toTokens('ERR_TOKEN_ALGORITHM', { oct: await token({}, { alg: 'HS256', key, header }) })
    },
  },
  {
    title: 'A4: a certificate chain in the header, of an authority of the attacker’s own',
    tokens: async ({ token, forger }) => {
      const authority = await createTestAuthority()
      const { cert, key } = await authority.issue({ commonName: 'login.acme.example' })
      const x5c = [cert, authority.certificate].map((pem) => pem.replaceAll(/-----[^-]+-----|\s/g, ''))
      return toTokens('ERR_TOKEN_SIGNATURE', {
        x5c: await token({}, { key: createPrivateKey(key), header: { x5c } }),
        'x5t alone': await token({}, { key: forger.ES256, header: { x5t: 'AAAA', 'x5t#S256': 'AAAA' } }),
      })
    },
  },
]
