import type { KeyObject } from 'node:crypto'
import { claims } from '../conformance/party.js'
import { toTokens } from './attack.js'
import type { Attack } from './attack.js'
import type { Victim } from './victim.js'

type Secrets = Readonly<Record<string, Uint8Array>>

/** A public key in each form in which a library could have it at hand as text or bytes. */
function toEncodings(key: KeyObject): Secrets {
  const pem = String(key.export({ format: 'pem', type: 'spki' }))
  const der = key.export({ format: 'der', type: 'spki' })
  const jwk = key.export({ format: 'jwk' })
  const own = key.asymmetricKeyType === 'rsa' ? toRsaEncodings(key, jwk) : toPointEncodings(jwk)
  return {
    'its PEM': Buffer.from(pem),
    'its PEM without the last line break': Buffer.from(pem.trimEnd()),
    'its PEM with CRLF': Buffer.from(pem.replaceAll('\n', '\r\n')),
    'its PEM on one line': Buffer.from(pem.replaceAll('\n', '')),
    'the text in its PEM': Buffer.from(pem.replaceAll(/-----[^-]+-----|\n/g, '')),
    'its DER': der,
    'its DER as base64url': Buffer.from(der.toString('base64url')),
    'its JWK': Buffer.from(JSON.stringify(jwk)),
    'its JWK with sorted members': Buffer.from(JSON.stringify(jwk, Object.keys(jwk).toSorted())),
    'its JWK, indented': Buffer.from(JSON.stringify(jwk, undefined, 2)),
    ...own,
  }
}

function toRsaEncodings(key: KeyObject, { n = '', e = '' }: { readonly n?: string; readonly e?: string }): Secrets {
  return {
    'its PKCS #1 PEM': Buffer.from(String(key.export({ format: 'pem', type: 'pkcs1' }))),
    'its PKCS #1 DER': key.export({ format: 'der', type: 'pkcs1' }),
    'its modulus': Buffer.from(n, 'base64url'),
    'its modulus as base64url': Buffer.from(n),
    'its exponent': Buffer.from(e, 'base64url'),
  }
}

function toPointEncodings({ x = '', y = '' }: { readonly x?: string; readonly y?: string }): Secrets {
  const [first, second] = [Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]
  return {
    'its x': first,
    'its x as base64url': Buffer.from(x),
    'its point, uncompressed': Buffer.concat([Buffer.from([4]), first, second]),
    'its point, compressed': Buffer.concat([Buffer.from([2 + ((second.at(-1) ?? 0) & 1)]), first]),
    'its OpenSSH line': Buffer.from(
      `ssh-ed25519 ${Buffer.concat([Buffer.from('ssh-ed25519'), first]).toString('base64')}`,
    ),
  }
}

/** Bytes before a PEM: three rounds of fixes told keys from secrets by how their text begins. */
const DISGUISES: Readonly<Record<string, string>> = {
  'white space': ' \n\t',
  'a byte order mark': '\ufeff',
  'any byte': 'x',
  'a NUL': '\0',
  'a comment': '# key\n',
  'another armour': '-----BEGIN CERTIFICATE-----\n',
}

async function withSecrets(victim: Victim, secrets: Secrets, kid: string): Promise<Readonly<Record<string, string>>> {
  const made = Object.entries(secrets).flatMap(([name, key]) =>
    (['HS256', 'HS384', 'HS512'] as const).map(
      async (alg) => [`${alg} keyed with ${name}`, await victim.token({}, { alg, key, kid })] as const,
    ),
  )
  return Object.fromEntries(await Promise.all(made))
}

function publicKeyOf({ acme }: Victim, alg: 'ES256' | 'RS256' | 'EdDSA'): KeyObject {
  const key = acme.keys.find((each) => each.alg === alg)
  if (key === undefined) throw new Error(`There is no key for ${alg}`)
  return key.publicKey
}

/** A token under another algorithm than its key is for: of HMAC, a public key would be the secret. */
export const algorithmConfusion: readonly Attack[] = [
  {
    title: '#1 CVE-2015-9235 A1 A3: HMAC keyed with the RSA public key, in every encoding of it',
    tokens: async (victim) =>
      toTokens('ERR_TOKEN_ALGORITHM', await withSecrets(victim, toEncodings(publicKeyOf(victim, 'RS256')), 'rs256-1')),
  },
  {
    title: '#32 CVE-2022-29217 A1 A3: HMAC keyed with an EC public key, in every encoding of it',
    tokens: async (victim) =>
      toTokens('ERR_TOKEN_ALGORITHM', await withSecrets(victim, toEncodings(publicKeyOf(victim, 'ES256')), 'es256-1')),
  },
  {
    title: '#32 CVE-2022-29217 A1 A3: HMAC keyed with an Ed25519 public key, in every encoding of it',
    tokens: async (victim) =>
      toTokens('ERR_TOKEN_ALGORITHM', await withSecrets(victim, toEncodings(publicKeyOf(victim, 'EdDSA')), 'eddsa-1')),
  },
  {
    title:
      '#9 CVE-2023-48223 CVE-2026-34950 GHSA-ww5h-9m49-7xx4: HMAC keyed with a PEM behind bytes that hide what it is',
    tokens: async (victim) => {
      const pem = String(publicKeyOf(victim, 'RS256').export({ format: 'pem', type: 'spki' }))
      const secrets = Object.entries(DISGUISES).map(([name, bytes]) => [
        `${name} and the PEM`,
        Buffer.from(bytes + pem),
      ])
      return toTokens(
        'ERR_TOKEN_ALGORITHM',
        await withSecrets(victim, Object.fromEntries(secrets) as Secrets, 'rs256-1'),
      )
    },
  },
  {
    title:
      '#11 CVE-2026-44351 GHSA-gmvf-9v4p-v8jc CVE-2026-45363: HMAC keyed with nothing, for a key that is not found',
    tokens: async (victim) => {
      const key = Buffer.alloc(0)
      const sign = (kid: string | null): Promise<string> => victim.token({}, { alg: 'HS256', key, kid })
      return toTokens('ERR_TOKEN_ALGORITHM', {
        'an unknown kid': await sign('unheard-of'),
        'an empty kid': await sign(''),
        'no kid': await sign(null),
      })
    },
  },
  {
    title: '#5 CVE-2025-65945 GHSA-869p-cjfg-cm3x: HMAC keyed with what a kid of the attacker’s choice would look up',
    tokens: async (victim) => {
      const looksUp = ['undefined', 'null', '', '[object Object]', 'function toString() { [native code] }']
      const kids = ['toString', '__proto__', '/dev/null', '../../../../../dev/null']
      const made = kids.flatMap((kid) =>
        looksUp.map(async (secret) => {
          const token = await victim.token({}, { alg: 'HS256', key: Buffer.from(secret), kid })
          return [`kid ${kid} for the secret ${JSON.stringify(secret)}`, token] as const
        }),
      )
      return toTokens('ERR_TOKEN_ALGORITHM', Object.fromEntries(await Promise.all(made)))
    },
  },
  {
    title:
      '#18 CVE-2026-22817 CVE-2026-22818 A3: an algorithm of the token’s choice, where the key in the set has none',
    tokens: async ({ globex, forger }) => {
      const rsa = globex.keys.find(({ alg }) => alg === 'RS256')
      const pem = Buffer.from(String(rsa?.publicKey.export({ format: 'pem', type: 'spki' })))
      return [
        ...toTokens('ERR_TOKEN_ALGORITHM', {
          'HS256 keyed with the RSA key': await globex.token({}, { alg: 'HS256', key: pem, kid: 'rs256-1' }),
          'HS512 keyed with the RSA key': await globex.token({}, { alg: 'HS512', key: pem, kid: 'rs256-1' }),
        }),
        ...toTokens('ERR_KEY_MISMATCH', {
          'ES256 for the RSA key': await globex.token({}, { key: { ...forger.ES256, kid: 'rs256-1' } }),
          'RS512 for the EC key': await globex.token({}, { alg: 'RS512', key: { ...forger.RS256, kid: 'es256-1' } }),
          'EdDSA for the EC key': await globex.token({}, { key: { ...forger.EdDSA, kid: 'es256-1' } }),
        }),
        ...toTokens('ERR_TOKEN_SIGNATURE', {
          'RS512 by another RSA key': await globex.token({}, { alg: 'RS512', key: forger.RS256 }),
          'PS256 by another RSA key': await globex.token({}, { alg: 'PS256', key: forger.RS256 }),
        }),
      ]
    },
  },
  {
    title: 'A3: a key with an algorithm of its own, under another of its family',
    tokens: async ({ acme, token }) => {
      const rsa = acme.keys.find(({ alg }) => alg === 'RS256')
      if (rsa === undefined) throw new Error('There is no RSA key')
      const made = (['RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const).map(
        async (alg) => [`${alg} by the key for RS256`, await token({}, { alg, key: rsa })] as const,
      )
      return toTokens('ERR_KEY_MISMATCH', Object.fromEntries(await Promise.all(made)))
    },
  },
  {
    title: 'A1 A2: algorithms that do not exist here, and names that nearly do',
    tokens: ({ unsigned }) => {
      const names = [
        'ES256K',
        'Ed448',
        'HS256',
        'RSA1_5',
        'dir',
        'ES521',
        'RS1',
        'es256',
        'ES-256',
        'ES256 ',
        'ＥＳ２５６',
      ]
      const inherited = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'size', 'get']
      const made = [...names, ...inherited].map((alg) => [alg, unsigned({ alg, kid: 'es256-1' }, claims())])
      return toTokens('ERR_TOKEN_ALGORITHM', Object.fromEntries(made) as Record<string, string>)
    },
  },
]
