import { AUDIENCE, claims, ISSUER, NOW_SECONDS } from '../conformance/party.js'
import { toTokens } from './attack.js'
import type { Attack } from './attack.js'
import { HEADER } from './victim.js'

const REST = `"sub":"user-1","aud":"${AUDIENCE}","exp":${NOW_SECONDS + 300}`

function nest(depth: number, open = '[', close = ']'): string {
  return open.repeat(depth) + close.repeat(depth)
}

function deepObject(depth: number): string {
  return `${'{"a":'.repeat(depth)}0${'}'.repeat(depth)}`
}

/** JSON that two readers read differently, or that costs more to read than to send. Signed by the issuer, all of it. */
export const json: readonly Attack[] = [
  {
    title: 'T3: a member twice, of which each reader takes another',
    tokens: async ({ sign }) => {
      const payloads: Readonly<Record<string, string>> = {
        'iss, the trusted one first': `{"iss":"${ISSUER}","iss":"https://evil.example",${REST}}`,
        'iss, the trusted one last': `{"iss":"https://evil.example","iss":"${ISSUER}",${REST}}`,
        'iss, by an escape': `{"iss":"${ISSUER}","\\u0069ss":"${ISSUER}",${REST}}`,
        'iss, by an escape in capitals': `{"iss":"${ISSUER}","\\u0069\\u0073\\u0073":"${ISSUER}",${REST}}`,
        'sub, alike': `{"iss":"${ISSUER}","sub":"user-1",${REST}}`,
        'exp, past and future': `{"iss":"${ISSUER}","exp":1,${REST}}`,
        'aud, ours and another': `{"iss":"${ISSUER}","aud":"x",${REST}}`,
        'scope, in an object inside': `{"iss":"${ISSUER}","x":{"scope":"a","scope":"admin"},${REST}}`,
        'in an object in a list': `{"iss":"${ISSUER}","x":[{"a":1,"a":2}],${REST}}`,
        __proto__: `{"iss":"${ISSUER}","__proto__":{},"__proto__":{"admin":true},${REST}}`,
        'an empty name': `{"iss":"${ISSUER}","":1,"":2,${REST}}`,
      }
      const made = Object.entries(payloads).map(async ([name, payload]) => [name, await sign(HEADER, payload)] as const)
      const header = '{"alg":"ES256","kid":"es256-1","typ":"at+jwt"'
      return toTokens('ERR_TOKEN_JSON', {
        ...Object.fromEntries(await Promise.all(made)),
        'alg, none first': await sign(`{"alg":"none",${header.slice(1)}}`, claims()),
        'alg, none last': await sign(`${header},"alg":"none"}`, claims()),
        'kid, by an escape': await sign(`${header},"ki\\u0064":"rs256-1"}`, claims()),
      })
    },
  },
  {
    title: '#30 CVE-2025-53864 CVE-2023-52428 CVE-2024-28180 T7: JSON nested by the thousand, or wide by the thousand',
    tokens: async ({ sign }) => {
      const payloads: Readonly<Record<string, string>> = {
        'lists, 17 deep': `{"iss":"${ISSUER}","x":${nest(16)},${REST}}`,
        'lists, 2,500 deep': `{"iss":"${ISSUER}","x":${nest(2_500)},${REST}}`,
        'lists that nothing closes': `{"x":${'['.repeat(5_000)}`,
        'objects, 17 deep': `{"iss":"${ISSUER}","x":${deepObject(16)},${REST}}`,
        'objects, 800 deep': `{"iss":"${ISSUER}","x":${deepObject(800)},${REST}}`,
        'brackets that were never opened': `${']'.repeat(2_000)}${'['.repeat(2_000)}`,
        '300 members': JSON.stringify({
          ...claims(),
          ...Object.fromEntries(Array.from({ length: 300 }, (_, at) => [at, 0])),
        }),
        'colons alone': `{${':'.repeat(5_000)}}`,
      }
      const made = Object.entries(payloads).map(async ([name, payload]) => [name, await sign(HEADER, payload)] as const)
      const deepHeader = `{"alg":"ES256","kid":"es256-1","typ":"at+jwt","x":${nest(700)}}`
      return [
        ...toTokens('ERR_TOKEN_JSON', {
          ...Object.fromEntries(await Promise.all(made)),
          'a header, 700 deep': await sign(deepHeader, claims()),
        }),
        ...toTokens('ERR_TOKEN_TOO_LARGE', {
          '100,000 deep': await sign(HEADER, `{"x":${nest(100_000)}}`),
          'a header of 3,000 bytes': await sign({ ...HEADER, x: 'x'.repeat(3_000) }, claims()),
          'claims of a megabyte': await sign(HEADER, { ...claims(), x: 'x'.repeat(1_000_000) }),
        }),
      ]
    },
  },
  {
    title: 'T3: claims that are no object, no JSON or no UTF-8',
    tokens: async ({ sign }) => {
      const texts = [
        '[]',
        `[${JSON.stringify(claims())}]`,
        'null',
        'true',
        '1',
        '"text"',
        '{',
        '{}}',
        "{'iss':1}",
        '{"iss":}',
        'NaN',
        '',
      ]
      const made = texts.filter((text) => text !== '').map(async (text) => [text, await sign(HEADER, text)] as const)
      const bytes = (...values: number[]): object => Buffer.from(values)
      return [
        ...toTokens('ERR_TOKEN_JSON', {
          ...Object.fromEntries(await Promise.all(made)),
          'a byte order mark': await sign(HEADER, `\ufeff${JSON.stringify(claims())}`),
          'a comment': await sign(HEADER, `${JSON.stringify(claims())}//`),
          'a second value': await sign(HEADER, `${JSON.stringify(claims())}${JSON.stringify(claims())}`),
          'a NUL behind': await sign(HEADER, `${JSON.stringify(claims())}\0`),
          'half a surrogate pair': await sign(HEADER, JSON.stringify({ ...claims(), sub: '\ud800' })),
          'UTF-16': await sign(HEADER, Buffer.from(JSON.stringify(claims()), 'utf16le')),
          'an overlong encoding': await sign(HEADER, bytes(0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x3a, 0x31, 0x7d)),
          'CBOR in its place': await sign(HEADER, bytes(0xa1, 0x63, 0x69, 0x73, 0x73, 0x61, 0x78)),
        }),
        ...toTokens('ERR_TOKEN_ISSUER', { 'an empty object': await sign(HEADER, '{}') }),
      ]
    },
  },
  {
    title: 'T3: claims under __proto__, which are nobody’s',
    tokens: async ({ sign }) =>
      toTokens('ERR_TOKEN_ISSUER', {
        'all of them': await sign(HEADER, `{"__proto__":${JSON.stringify(claims())}}`),
        'under constructor': await sign(HEADER, `{"constructor":{"prototype":${JSON.stringify(claims())}}}`),
      }),
  },
]
