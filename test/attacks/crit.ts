import { claims } from '../conformance/party.js'
import { toTokens } from './attack.js'
import type { Attack } from './attack.js'
import { HEADER } from './victim.js'

/** Extensions that must be understood, and are not. */
export const crit: readonly Attack[] = [
  {
    title: '#10 CVE-2026-35042 CVE-2026-32597 CVE-2025-59420 T4: crit, whatever it lists and of whatever type',
    tokens: async ({ sign }) => {
      const values: readonly unknown[] = [
        ['exp'],
        ['b64'],
        ['http://example.invalid/UNDEFINED'],
        ['x-mfa-required'],
        ['alg'],
        ['kid'],
        ['typ'],
        ['crit'],
        ['jwk'],
        ['exp', 'exp'],
        ['__proto__'],
        [],
        [''],
        [null],
        [1],
        [['exp']],
        'exp',
        '',
        null,
        false,
        0,
        {},
        { 0: 'exp', length: 1 },
      ]
      const members = { exp: 1, 'x-mfa-required': true, 'http://example.invalid/UNDEFINED': true, b64: true }
      const made = values.map(
        async (value) => [JSON.stringify(value), await sign({ ...HEADER, ...members, crit: value }, claims())] as const,
      )
      return toTokens('ERR_TOKEN_CRITICAL', Object.fromEntries(await Promise.all(made)))
    },
  },
  {
    title: 'T4: crit twice, or by an escape, of which one reader sees one and another none',
    tokens: async ({ sign }) => {
      const own = JSON.stringify(HEADER).slice(0, -1)
      return [
        ...toTokens('ERR_TOKEN_JSON', {
          'twice, the last one empty': await sign(`${own},"crit":["x"],"crit":[]}`, claims()),
          'twice, the last one by an escape': await sign(`${own},"crit":["x"],"cri\\u0074":[]}`, claims()),
        }),
        ...toTokens('ERR_TOKEN_CRITICAL', { 'by an escape': await sign(`${own},"cri\\u0074":["x"],"x":1}`, claims()) }),
      ]
    },
  },
]
