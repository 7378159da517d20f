import { sign } from 'node:crypto'
import { claims, encode } from '../conformance/party.js'
import { toTokens } from './attack.js'
import type { Attack } from './attack.js'
import { HEADER } from './victim.js'

/** A good signature in a form that a token does not have. */
export const otherSignatures: readonly Attack[] = [
  {
    title: 'A3: an ECDSA signature as DER in the place of r and s',
    tokens: ({ acme }) => {
      const [key] = acme.keys
      if (key === undefined) throw new Error('There is no key')
      const input = `${encode(HEADER)}.${encode(claims())}`
      const [der, raw] = (['der', 'ieee-p1363'] as const).map((dsaEncoding) =>
        sign('sha256', Buffer.from(input), { key: key.privateKey, dsaEncoding }),
      ) as [Buffer, Buffer]
      const forms: Readonly<Record<string, Buffer>> = {
        DER: der,
        'DER, cut to 64 bytes': der.subarray(0, 64),
        'DER, filled up to 72 bytes': Buffer.concat([der, Buffer.alloc(72 - der.length)]),
        'raw, with a zero before each half': Buffer.concat([
          Buffer.alloc(1),
          raw.subarray(0, 32),
          Buffer.alloc(1),
          raw.subarray(32),
        ]),
        'raw, with a byte behind': Buffer.concat([raw, Buffer.alloc(1)]),
        'raw, with a byte less': raw.subarray(0, 63),
        'raw, twice': Buffer.concat([raw, raw]),
        'raw, as long as one of P-384': Buffer.concat([
          Buffer.alloc(16),
          raw.subarray(0, 32),
          Buffer.alloc(16),
          raw.subarray(32),
        ]),
        'raw, halves swapped': Buffer.concat([raw.subarray(32), raw.subarray(0, 32)]),
        'raw, as hexadecimal text': Buffer.from(raw.toString('hex')),
        'raw, as base64 text': Buffer.from(raw.toString('base64url')),
      }
      const tokens = Object.entries(forms).map(([name, bytes]) => [name, `${input}.${bytes.toString('base64url')}`])
      return toTokens('ERR_TOKEN_SIGNATURE', Object.fromEntries(tokens) as Record<string, string>)
    },
  },
  {
    title: 'A3: an RSA signature with zeros before it, without its last byte, or over another hash',
    tokens: ({ acme }) => {
      const key = acme.keys.find(({ alg }) => alg === 'RS256')
      if (key === undefined) throw new Error('There is no key')
      const input = `${encode({ ...HEADER, alg: 'RS256', kid: 'rs256-1' })}.${encode(claims())}`
      const good = sign('sha256', Buffer.from(input), key.privateKey)
      const forms: Readonly<Record<string, Buffer>> = {
        'a zero before': Buffer.concat([Buffer.alloc(1), good]),
        'a byte behind': Buffer.concat([good, Buffer.alloc(1)]),
        'a byte less': good.subarray(0, -1),
        'over SHA-1': sign('sha1', Buffer.from(input), key.privateKey),
        'over SHA-512': sign('sha512', Buffer.from(input), key.privateKey),
        'of the payload alone': sign('sha256', Buffer.from(encode(claims())), key.privateKey),
        'of the decoded parts': sign(
          'sha256',
          Buffer.from(JSON.stringify(HEADER) + JSON.stringify(claims())),
          key.privateKey,
        ),
      }
      const tokens = Object.entries(forms).map(([name, bytes]) => [name, `${input}.${bytes.toString('base64url')}`])
      return toTokens('ERR_TOKEN_SIGNATURE', Object.fromEntries(tokens) as Record<string, string>)
    },
  },
  {
    title: 'A3: a signature of another token, of another algorithm’s key, and of another header',
    tokens: async ({ token }) => {
      const [first, second] = [await token({ sub: 'user-1' }), await token({ sub: 'user-2' })]
      const [header = '', payload = '', signature = ''] = first.split('.')
      const [, other = '', stranger = ''] = second.split('.')
      return toTokens('ERR_TOKEN_SIGNATURE', {
        'of another token': `${header}.${payload}.${stranger}`,
        'claims of another token': `${header}.${other}.${signature}`,
        'a header with one member more': `${encode({ ...HEADER, x: 1 })}.${payload}.${signature}`,
        'a header in another order': `${encode({ typ: 'at+jwt', kid: 'es256-1', alg: 'ES256' })}.${payload}.${signature}`,
        'of the other algorithm': `${encode({ ...HEADER, alg: 'RS256', kid: 'rs256-1' })}.${payload}.${signature}`,
      })
    },
  },
]
