import { AUDIENCE } from '../conformance/party.js'
import { toTokens } from './attack.js'
import type { Attack } from './attack.js'
import type { Victim } from './victim.js'

const HOST = 'api.example.com'

const ALIKE: readonly (string | readonly string[] | undefined)[] = [
  undefined,
  '',
  [],
  [''],
  [`${AUDIENCE}/`],
  `${AUDIENCE}/`,
  `${AUDIENCE}:443`,
  `${AUDIENCE}/v1`,
  `${AUDIENCE}?`,
  `${AUDIENCE}#`,
  `${AUDIENCE}.`,
  `${AUDIENCE}.evil.example`,
  `${AUDIENCE}@evil.example`,
  `${AUDIENCE}%00`,
  `${AUDIENCE}\0`,
  `${AUDIENCE} `,
  ` ${AUDIENCE}`,
  `${AUDIENCE}\u200b`,
  AUDIENCE.toUpperCase(),
  'https://API.example.com',
  `http://${HOST}`,
  HOST,
  'https://%61pi.example.com',
  'https://\u0430pi.example.com',
  'https://xn--pi-7kc.example.com',
  'https://api.example.com\u0301',
  'https://api.example.co',
  'https://example.com',
  `${AUDIENCE},https://other.example`,
  `${AUDIENCE} https://other.example`,
  `["${AUDIENCE}"]`,
  ['https://other.example', 'https://another.example'],
  [`${AUDIENCE},https://other.example`],
  '*',
  'https://*.example.com',
  '__proto__',
]

async function signAll({ token }: Victim, values: readonly unknown[]): Promise<Readonly<Record<string, string>>> {
  const made = values.map(async (aud) => [JSON.stringify(aud) ?? 'absent', await token({ aud })] as const)
  return Object.fromEntries(await Promise.all(made))
}

/** Audiences that nearly are this API. */
export const audienceLookAlikes: readonly Attack[] = [
  {
    title:
      '#19 CVE-2025-62610 C3: an audience that is not ours, and nearly is: absent, slash, case, port, escape, script, prefix, list in a text',
    tokens: async (victim) => toTokens('ERR_TOKEN_AUDIENCE', await signAll(victim, ALIKE)),
  },
  {
    title: '#19 CVE-2025-62610 C3 C8: an audience of another type, ours among it',
    tokens: async (victim) => {
      const values = [
        null,
        0,
        true,
        {},
        { 0: AUDIENCE },
        { aud: AUDIENCE },
        [[AUDIENCE]],
        [AUDIENCE, 1],
        [AUDIENCE, null],
        [null],
        [{}],
      ]
      return toTokens('ERR_TOKEN_CLAIM_TYPE', await signAll(victim, values))
    },
  },
  {
    title: '#15 CVE-2026-35041: an audience as long as a token can be, against which a pattern would run for years',
    tokens: async ({ token }) =>
      toTokens('ERR_TOKEN_AUDIENCE', {
        'one letter': await token({ aud: 'a'.repeat(5_500) }),
        'ours again and again': await token({ aud: `${AUDIENCE}/`.repeat(200) }),
        'a list of eight hundred': await token({ aud: Array.from({ length: 800 }, () => 'aaa') }),
        'slashes and a mark': await token({ aud: `${'/'.repeat(5_000)}!` }),
      }),
  },
]
