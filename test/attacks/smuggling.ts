import { UNAUTHENTICATED } from './attack.js'
import type { Attack, ForgedRequest } from './attack.js'

/** What stands before the second request: a whole one, in the place of the method. */
function after(first: string): string {
  return `${first}\r\n\r\nGET`
}

/**
 * Node refuses a coding that it does not know once it has handed the headers on. Fastify waits for nothing where it knows no such
 * route, and has answered by then; the connection ends all the same.
 */
const late = 'chunks under another name'

/** Requests inside requests, and lengths that disagree: what one reader takes for a body another takes for a request. */
export const smuggling: readonly Attack[] = [
  {
    title: 'B2: lengths that disagree: two of them, or a length and chunks',
    async requests({ token }) {
      const good = ['Authorization', `Bearer ${await token()}`] as const
      const shapes: Readonly<Record<string, ForgedRequest['request']>> = {
        'a length and chunks': {
          method: 'POST',
          fields: [good, ['Content-Length', '4'], ['Transfer-Encoding', 'chunked']],
          body: '0\r\n\r\n',
        },
        'chunks and a length': {
          method: 'POST',
          fields: [good, ['Transfer-Encoding', 'chunked'], ['Content-Length', '4']],
          body: '0\r\n\r\n',
        },
        'two lengths': {
          method: 'POST',
          fields: [good, ['Content-Length', '0'], ['Content-Length', '4']],
          body: 'body',
        },
        'a length with a sign': { method: 'POST', fields: [good, ['Content-Length', '+0']] },
        'a length in hexadecimal': { method: 'POST', fields: [good, ['Content-Length', '0x0']] },
        [late]: {
          method: 'POST',
          fields: [good, ['Transfer-Encoding', 'xchunked']],
          body: '0\r\n\r\n',
        },
        'chunks that are not last': {
          method: 'POST',
          fields: [good, ['Transfer-Encoding', 'chunked, identity']],
          body: '0\r\n\r\n',
        },
        'a space before the colon': {
          method: 'POST',
          fields: [good, ['Transfer-Encoding ', 'chunked']],
          body: '0\r\n\r\n',
        },
        'a method in lower case': { method: 'get', fields: [good] },
        'lines that end in a line feed': { path: `/me HTTP/1.1\nX: y`, fields: [good] },
      }
      return Object.entries(shapes).map(([name, request]) => ({
        name,
        request,
        status: [400],
        ...(name === late && { statusOn: { 'Fastify 5': [400, 404] } }),
      }))
    },
  },
  {
    title: 'B2: a request behind another on one connection has its own verdict: no token of the one is the other’s',
    async requests({ token }) {
      const good = `Authorization: Bearer ${await token()}`
      const host = 'Host: api.example.com'
      const inner = `GET /me HTTP/1.1\r\n${host}\r\n${good}\r\n\r\n`
      const refused = 'HTTP/1.1 401 Unauthorized'
      return [
        {
          name: 'none, behind one with a token',
          request: { method: after(`GET /me HTTP/1.1\r\n${host}\r\n${good}`) },
          status: [200],
          behind: refused,
        },
        {
          name: 'none, behind one without',
          request: { method: after(`GET /me HTTP/1.1\r\n${host}`) },
          status: [401],
          challenge: UNAUTHENTICATED,
          behind: refused,
        },
        {
          name: 'none, behind one with a token and a body in chunks',
          request: { method: after(`POST /me HTTP/1.1\r\n${host}\r\n${good}\r\nTransfer-Encoding: chunked\r\n\r\n0`) },
          status: [404],
          behind: refused,
        },
        {
          name: 'a token in a request that is the body of another',
          request: { fields: [['Content-Length', String(inner.length)]], body: inner },
          status: [401],
          challenge: UNAUTHENTICATED,
        },
        {
          name: 'a token in the trailers',
          request: {
            fields: [
              ['Transfer-Encoding', 'chunked'],
              ['Trailer', 'Authorization'],
            ],
            body: `0\r\n${good}\r\n\r\n`,
          },
          status: [401],
          challenge: UNAUTHENTICATED,
        },
      ]
    },
  },
  {
    title: 'B9: targets and hosts that name another server, without a token',
    requests: () => [
      { name: 'an absolute target', request: { path: 'http://evil.example/me' }, status: [401, 404] },
      { name: 'two slashes', request: { path: '//evil.example/me' }, status: [401, 404] },
      { name: 'a star', request: { method: 'OPTIONS', path: '*' }, status: [204, 400, 401, 404] },
      { name: 'a second Host', request: { path: '/me', fields: [['Host', 'evil.example']] }, status: [400, 401] },
      { name: 'an upgrade', request: { fields: [['Upgrade', 'websocket']] }, status: [401] },
      {
        name: 'HTTP/2 by prior knowledge',
        request: { method: 'PRI', path: '* HTTP/2.0\r\n\r\nSM\r\n\r\n' },
        status: [400],
      },
    ],
  },
]
