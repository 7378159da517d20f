import { ISSUER } from '../conformance/party.js'
import { toTokens } from './attack.js'
import type { Attack } from './attack.js'
import type { Victim } from './victim.js'

const HOST = 'login.acme.example'

const ALIKE: readonly string[] = [
  `${ISSUER}/`,
  `${ISSUER}//`,
  `${ISSUER}/.`,
  `${ISSUER}/x/..`,
  `${ISSUER}?`,
  `${ISSUER}#`,
  `${ISSUER}:443`,
  `${ISSUER}.`,
  `${ISSUER}.evil.example`,
  `${ISSUER}@evil.example`,
  `${ISSUER}%00`,
  `${ISSUER}%2F`,
  `${ISSUER}\0`,
  `${ISSUER}\n`,
  `${ISSUER} `,
  ` ${ISSUER}`,
  `${ISSUER}\u200b`,
  `\ufeff${ISSUER}`,
  ISSUER.toUpperCase(),
  `HTTPS://${HOST}`,
  `https://LOGIN.acme.example`,
  `https://Login.Acme.Example`,
  `http://${HOST}`,
  `https:/${HOST}`,
  `https:${HOST}`,
  `https:\\\\${HOST}`,
  `//${HOST}`,
  HOST,
  `https://evil.example/${HOST}`,
  `https://evil.example?${ISSUER}`,
  `https://evil.example#${ISSUER}`,
  `https://user@${HOST}`,
  `https://evil.example\\@${HOST}`,
  `https://login%2Eacme.example`,
  `https://%6cogin.acme.example`,
  `https://login\u3002acme\u3002example`,
  `https://login.acme\u2024example`,
  `https://l\u043egin.acme.example`,
  `https://xn--lgin-0ye.acme.example`,
  `https://login.\u0430cme.example`,
  `https://login.acme.example\u0301`,
  `https://ｌｏｇｉｎ.acme.example`,
  `https://xlogin.acme.example`,
  `https://login.acme.exampl`,
  `https://acme.example`,
  `${ISSUER},https://evil.example`,
  `${ISSUER} https://evil.example`,
  `["${ISSUER}"]`,
  '*',
  'null',
  'undefined',
  '__proto__',
  'constructor',
  `https://${HOST}/${'x'.repeat(3_000)}`,
]

async function signAll({ token }: Victim, values: readonly unknown[]): Promise<Readonly<Record<string, string>>> {
  const made = values.map(async (iss) => [JSON.stringify(iss)?.slice(0, 80) ?? 'absent', await token({ iss })] as const)
  return Object.fromEntries(await Promise.all(made))
}

/** Names that nearly are a trusted one, over signatures of the trusted key. */
export const issuerLookAlikes: readonly Attack[] = [
  {
    title: '#22 CVE-2026-22748 C2: an issuer that is nearly a trusted one: slash, case, port, escape, script, prefix',
    tokens: async (victim) => toTokens('ERR_ISSUER_UNTRUSTED', await signAll(victim, ALIKE)),
  },
  {
    title: '#16 CVE-2025-30144 C2 C8: an issuer that is a list with a trusted name, or another type',
    tokens: async (victim) => {
      const values: readonly unknown[] = [
        [ISSUER],
        [[ISSUER]],
        ['https://evil.example', ISSUER],
        { 0: ISSUER },
        { toString: ISSUER },
        null,
        0,
        true,
        '',
        [],
        {},
      ]
      return toTokens('ERR_TOKEN_ISSUER', await signAll(victim, [...values, undefined]))
    },
  },
]
