import { INVALID_REQUEST } from './attack.js'
import type { Attack, ForgedRequest } from './attack.js'

type Fields = ForgedRequest['request']['fields']

/** Two tokens in one request: the proxy in front may judge the one and we the other. */
export const severalAuthorization: readonly Attack[] = [
  {
    title: 'B2: several Authorization fields, good and bad, in every order, and several tokens in one',
    async requests({ token }) {
      const good = `Bearer ${await token()}`
      const other = `Bearer ${await token({ sub: 'user-2' })}`
      const name = 'Authorization'
      const filler = Array.from({ length: 1_000 }, () => ['X', 'y'] as const)
      const shapes: Readonly<Record<string, Fields>> = {
        'the same twice': [
          [name, good],
          [name, good],
        ],
        'two good ones': [
          [name, good],
          [name, other],
        ],
        'a good and an empty one': [
          [name, good],
          [name, ''],
        ],
        'an empty and a good one': [
          [name, ''],
          [name, good],
        ],
        'a good one and Basic': [
          [name, good],
          [name, 'Basic dXNlcjpwYXNz'],
        ],
        'Basic and a good one': [
          [name, 'Basic dXNlcjpwYXNz'],
          [name, good],
        ],
        'by another case': [
          [name, good],
          ['AUTHORIZATION', good],
        ],
        'with a field between': [
          [name, good],
          ['X', 'y'],
          [name, good],
        ],
        twelve: Array.from({ length: 12 }, () => [name, good] as const),
        'the second behind a thousand fields, where Node drops it': [[name, good], ...filler, [name, other]],
        'in one field, by a comma': [[name, `${good}, ${other}`]],
        'in one field, by a comma without spaces': [[name, `${good},${other}`]],
        'in one field, by a space': [[name, `${good} ${await token()}`]],
        'in one field, by a semicolon': [[name, `${good};${other}`]],
        'with an auth-param': [[name, `${good}, realm="api"`]],
        'as an auth-param': [[name, `Bearer token="${await token()}"`]],
        'in quotes': [[name, `Bearer "${await token()}"`]],
      }
      return Object.entries(shapes).map(([shape, fields]) => ({
        name: shape,
        request: fields === undefined ? {} : { fields },
        status: [400],
        challenge: INVALID_REQUEST,
      }))
    },
  },
]
