import { INVALID_REQUEST } from './attack.js'
import type { Attack } from './attack.js'

/** Fields that go over lines, and characters that are none. Node refuses most; what it lets through, we refuse. */
export const controlCharacters: readonly Attack[] = [
  {
    title: 'B1: an Authorization field that is folded, or broken by a line end, a NUL or another control character',
    async requests({ token }) {
      const good = await token()
      const broken: Readonly<Record<string, string>> = {
        'folded by a space': `Bearer\r\n ${good}`,
        'folded by a tab': `Bearer\r\n\t${good}`,
        'folded before the scheme': `\r\n Bearer ${good}`,
        'folded inside the token': `Bearer ${good.slice(0, 40)}\r\n ${good.slice(40)}`,
        'a bare line feed': `Bearer\n${good}`,
        'a bare carriage return': `Bearer\r${good}`,
        'a NUL behind': `Bearer ${good}\0`,
        'a NUL between': `Bearer\0${good}`,
        'a vertical tab': `Bearer ${good}\x0b`,
        'a form feed': `Bearer\x0c${good}`,
        'an escape': `Bearer \x1b[31m${good}`,
        'a delete': `Bearer ${good}\x7f`,
      }
      return Object.entries(broken).map(([name, value]) => ({
        name,
        request: { fields: [['Authorization', value]] },
        status: [400],
      }))
    },
  },
  {
    title: 'B1: white space and letters that only look like ours, between the scheme and the token',
    async requests({ token }) {
      const good = await token()
      const odd: Readonly<Record<string, string>> = {
        'a tab': `Bearer\t${good}`,
        'a space and a tab': `Bearer \t${good}`,
        'a no-break space': `Bearer\u00a0${good}`,
        'an ideographic space': `Bearer\u3000${good}`,
        nothing: `Bearer${good}`,
        'a colon': `Bearer: ${good}`,
        'an equals sign': `Bearer=${good}`,
        'a letter behind the token': `Bearer ${good}\u00ff`,
        'a scheme with a Cyrillic letter': `B\u0435arer ${good}`,
        'an empty scheme': ` ${good}`.padStart(8),
      }
      return Object.entries(odd).map(([name, value]) => ({
        name,
        request: { fields: [['Authorization', value]] },
        // What is a token by its characters is a scheme of its own, and a foreign one.
        status: name === 'nothing' || name === 'an empty scheme' ? [401] : [400],
        ...(name === 'nothing' || name === 'an empty scheme' ? {} : { challenge: INVALID_REQUEST }),
      }))
    },
  },
  {
    title: 'B1: field names that only look like ours',
    async requests({ token }) {
      const value = `Bearer ${await token()}`
      const refusedByNode = [
        'Authorization ',
        ' Authorization',
        'Authorization\t',
        ':authorization',
        'Author\u00edzation',
        '',
        'Authorization\0',
      ]
      const foreign = [
        'X-Authorization',
        'Authorization2',
        'Proxy-Authorization',
        'Authorisation',
        'Authentication',
        '__proto__',
        'constructor',
      ]
      return [
        ...refusedByNode.map((name) => ({
          name: JSON.stringify(name),
          request: { fields: [[name, value]] as const },
          status: [400],
        })),
        ...foreign.map((name) => ({
          name,
          request: { fields: [[name, value]] as const },
          status: [401],
          challenge: 'Bearer realm="api"',
        })),
      ]
    },
  },
]
