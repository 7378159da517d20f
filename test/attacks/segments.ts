import { claims, encode } from '../conformance/party.js'
import { toTokens } from './attack.js'
import type { Attack } from './attack.js'
import { HEADER } from './victim.js'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** The last character, with one more of the bits set that no byte has. */
function withTrailingBits(segment: string): string {
  const last = ALPHABET.indexOf(segment.at(-1) ?? '')
  return segment.slice(0, -1) + (ALPHABET[last ^ 1] ?? '')
}

/** One token in other spellings, of which a blocklist or a cache knows one. */
export const segments: readonly Attack[] = [
  {
    title: '#17 fast-jwt 606 640 652 T1 T2: white space, padding, another alphabet and trailing bits, in each segment',
    tokens: async ({ token }) => {
      const parts = (await token()).split('.')
      const changes: Readonly<Record<string, (part: string) => string>> = {
        'a space behind': (part) => `${part} `,
        'a space before': (part) => ` ${part}`,
        'a space inside': (part) => `${part.slice(0, 4)} ${part.slice(4)}`,
        'a line break behind': (part) => `${part}\n`,
        'a line break inside': (part) => `${part.slice(0, 4)}\r\n${part.slice(4)}`,
        'a tab behind': (part) => `${part}\t`,
        'a NUL behind': (part) => `${part}\0`,
        'padding of one': (part) => `${part}=`,
        'padding of two': (part) => `${part}==`,
        'an escaped padding': (part) => `${part}%3D`,
        'a plus sign': (part) => `${part.slice(0, -4)}+AAA`,
        'a slash': (part) => `${part.slice(0, -4)}/AAA`,
        'a character that no alphabet has': (part) => `${part}!`,
        'a letter of another script': (part) => `${part.slice(0, -1)}\u0410`,
        'a letter of which a byte is one of ours': (part) => `${part.slice(0, -1)}\u0141`,
        'a zero-width space': (part) => `${part}\u200b`,
        'a byte order mark': (part) => `\ufeff${part}`,
        'one character too many': (part) => `${part}${'A'.repeat((5 - (part.length % 4)) % 4 || 4)}`,
      }
      const made = Object.entries(changes).flatMap(([name, change]) =>
        ['header', 'payload', 'signature'].map((place, at) => [
          `${name}, in the ${place}`,
          parts.map((part, index) => (index === at ? change(part) : part)).join('.'),
        ]),
      )
      const other = made.filter(([name]) => !/^(one character too many|a plus sign|a slash|a letter)/.test(name ?? ''))
      return toTokens('ERR_TOKEN_ENCODING', Object.fromEntries(other) as Record<string, string>)
    },
  },
  {
    title: 'T2: bits at the end of a segment that no byte has, even where the issuer signed them',
    tokens: async ({ token, acme }) => {
      // 64 bytes and 86 characters: four bits are left over.
      const [header = '', payload = '', signature = ''] = (await token()).split('.')
      const odd = encode(JSON.stringify(claims()) + ' '.repeat((4 - (JSON.stringify(claims()).length % 3)) % 3))
      return toTokens('ERR_TOKEN_ENCODING', {
        'in the signature': `${header}.${payload}.${withTrailingBits(signature)}`,
        'in the payload, signed so': await acme.signEncoded(`${encode(HEADER)}.${withTrailingBits(odd)}`, {
          alg: 'ES256',
        }),
      })
    },
  },
  {
    title: 'T1 T2: the other alphabet of base64, where it differs',
    tokens: async ({ acme }) => {
      // Bytes that are written with both characters that the alphabets do not share.
      const payload = Buffer.from(JSON.stringify({ ...claims(), x: '???>>>~~~' })).toString('base64url')
      const header = encode(HEADER)
      const other = payload.replaceAll('-', '+').replaceAll('_', '/')
      if (other === payload) throw new Error('Both alphabets write it alike')
      return toTokens('ERR_TOKEN_ENCODING', { signed: await acme.signEncoded(`${header}.${other}`, { alg: 'ES256' }) })
    },
  },
  {
    title: '#29 CVE-2025-27144 CVE-2025-30204 CVE-2025-22868 T1: dots without end',
    tokens: async ({ token }) => {
      const [header = '', payload = '', signature = ''] = (await token()).split('.')
      return [
        ...toTokens('ERR_TOKEN_TOO_LARGE', {
          'a hundred thousand': '.'.repeat(100_000),
          'two million': '.'.repeat(2_000_000),
          'a hundred thousand behind a good token': `${header}.${payload}.${signature}${'.'.repeat(100_000)}`,
        }),
        ...toTokens('ERR_TOKEN_ENCRYPTED', {
          'one on each side of a good token': `.${header}.${payload}.${signature}.`,
        }),
        ...toTokens('ERR_TOKEN_MALFORMED', {
          'eight thousand': '.'.repeat(8_000),
          'six thousand behind a good token': `${header}.${payload}.${signature}${'.'.repeat(6_000)}`,
          one: '.',
          two: '..',
          three: '...',
          none: 'token',
          'padding before a good token': `=${header}.${payload}.${signature}`,
        }),
      ]
    },
  },
  {
    title: 'T1: the JSON forms of a signature, and a token in quotes',
    tokens: async ({ token }) => {
      const text = await token()
      const [header, payload, signature] = text.split('.')
      return [
        ...toTokens('ERR_TOKEN_MALFORMED', {
          flattened: JSON.stringify({ protected: header, payload, signature }),
          general: JSON.stringify({ payload, signatures: [{ protected: header, signature }] }),
          'an empty text': '',
          'a space': ' ',
        }),
        ...toTokens('ERR_TOKEN_ENCODING', { 'in quotes': `"${text}"`, 'behind a word': `Bearer ${text}` }),
      ]
    },
  },
]
