import { CompactEncrypt } from 'jose'
import { claims, encode } from '../conformance/party.js'
import { toTokens } from './attack.js'
import type { Attack } from './attack.js'
import { HEADER } from './victim.js'
import type { Victim } from './victim.js'

/** Encrypts to the issuer's public key: anybody can. */
async function encrypt({ acme }: Victim, content: string, header: object = {}): Promise<string> {
  const key = acme.keys.find(({ alg }) => alg === 'RS256')
  if (key === undefined) throw new Error('There is no RSA key')
  return new CompactEncrypt(Buffer.from(content))
    .setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM', kid: 'rs256-1', typ: 'at+jwt', ...header })
    .encrypt(key.publicKey)
}

async function encryptAll(victim: Victim, contents: Readonly<Record<string, string>>): Promise<Record<string, string>> {
  const made = Object.entries(contents).flatMap(([name, content]) => [
    encrypt(victim, content).then((jwe) => [`${name}, bare`, jwe] as const),
    encrypt(victim, content, { cty: 'JWT' }).then((jwe) => [`${name}, as a nested token`, jwe] as const),
  ])
  return Object.fromEntries(await Promise.all(made))
}

/** Something encrypted in the place of something signed. */
export const jwe: readonly Attack[] = [
  {
    title: '#24 CVE-2026-29000 T6: a JWE around a token that nobody signed',
    tokens: async (victim) =>
      toTokens(
        'ERR_TOKEN_ENCRYPTED',
        await encryptAll(victim, {
          'alg none': `${encode({ alg: 'none' })}.${encode(claims())}.`,
          'alg none over bytes': victim.unsigned({ alg: 'none' }, claims()),
          'a signature by another key': await victim.token({}, { key: victim.forger.ES256 }),
          'a good token': await victim.token(),
        }),
      ),
  },
  {
    title: '#25 CVE-2026-9793 T6: a JWE around bare claims',
    tokens: async (victim) =>
      toTokens('ERR_TOKEN_ENCRYPTED', await encryptAll(victim, { JSON: JSON.stringify(claims()), nothing: '' })),
  },
  {
    title: '#26 CVE-2023-51774 T1 T6: five segments where three are due, whatever is in them',
    tokens: async ({ token, unsigned }) => {
      const [header = '', payload = '', signature = ''] = (await token()).split('.')
      return [
        ...toTokens('ERR_TOKEN_ENCRYPTED', {
          'a good token and two more': `${header}.${payload}.${signature}.${payload}.${signature}`,
          'a good token and two empty ones': `${header}.${payload}.${signature}..`,
          'two empty ones and a good token': `..${header}.${payload}.${signature}`,
          'nothing that decodes': '~.~.~.~.~',
          dir: `${encode({ alg: 'dir', enc: 'A256GCM' })}..AAAA.AAAA.AAAA`,
        }),
        ...toTokens('ERR_TOKEN_MALFORMED', {
          four: `${header}.${payload}.${signature}.${signature}`,
          six: `${header}.${payload}.${signature}.${header}.${payload}.${signature}`,
        }),
        ...toTokens('ERR_TOKEN_ALGORITHM', {
          'three, and alg dir': unsigned({ alg: 'dir', enc: 'A256GCM' }, claims()),
          'three, and alg RSA-OAEP': unsigned({ alg: 'RSA-OAEP', enc: 'A256GCM' }, claims()),
        }),
      ]
    },
  },
  {
    title: '#8 CVE-2022-36083 CVE-2024-28176 T7: p2c of two billion, and zip, undecoded',
    tokens: async ({ sign }) => {
      const pbes2 = { alg: 'PBES2-HS512+A256KW', enc: 'A256GCM', p2s: 'c2FsdA', p2c: 2_147_483_647 }
      const rest = 'AAAA.AAAA.AAAA.AAAA'
      const members: Readonly<Record<string, object>> = {
        p2c: { p2c: 2_147_483_647 },
        'p2c of one': { p2c: 1 },
        p2s: { p2s: 'c2FsdA' },
        zip: { zip: 'DEF' },
        'zip of null': { zip: null },
        enc: { enc: 'A256GCM' },
        epk: { epk: {} },
      }
      const made = Object.entries(members).map(
        async ([name, member]) =>
          [`${name} in a signed token`, await sign({ ...HEADER, ...member }, claims())] as const,
      )
      return toTokens('ERR_TOKEN_ENCRYPTED', {
        'PBES2 with p2c': `${encode(pbes2)}.${rest}`,
        'zip and dir': `${encode({ alg: 'dir', enc: 'A256GCM', zip: 'DEF' })}.${rest}`,
        ...Object.fromEntries(await Promise.all(made)),
      })
    },
  },
]
