import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { createPageVerifier, runCode, runServer } from './code.js'

async function start(name: string) {
  const { acme, verifier } = await createPageVerifier()
  const { server, url } = await runServer(() => runCode(name, {}, verifier))
  return { acme, server, url }
}

describe('WebSockets', () => {
  const open = (url: string, token?: string) =>
    new WebSocket(url.replace('http:', 'ws:'), {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    })

  it('open with a good token, and close when it expires', async () => {
    const { acme, url } = await start('websocket.js')
    const token = await acme.token({ scope: 'orders:read' }, { expiresInSeconds: 1 })
    const { exp } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { exp: number }
    const client = open(url, token)
    const [message] = (await once(client, 'message')) as [Buffer]
    expect(JSON.parse(message.toString())).toEqual({ hello: 'user-1' })
    const [code] = (await once(client, 'close')) as [number]
    expect(code).toBe(3000)
    const lateMs = Date.now() - exp * 1_000
    expect(lateMs).toBeGreaterThan(-50)
    expect(lateMs).toBeLessThan(5_000)
  })

  it('are refused with the answer that any request would get', async () => {
    const { acme, url } = await start('websocket.js')
    const refuse = async (token?: string) => {
      const client = open(url, token).on('error', () => {})
      const [, answer] = (await once(client, 'unexpected-response')) as [
        unknown,
        { statusCode: number; headers: Record<string, string>; destroy(): void },
      ]
      answer.destroy()
      return [answer.statusCode, answer.headers['www-authenticate']?.split(', error_description')[0]]
    }
    expect(await refuse()).toEqual([401, 'Bearer realm="api"'])
    expect(await refuse('x.y.z')).toEqual([401, 'Bearer realm="api", error="invalid_token"'])
    const narrow = await acme.token({ scope: 'orders:write' })
    expect(await refuse(narrow)).toEqual([403, 'Bearer realm="api", error="insufficient_scope"'])
  })

  it('survive a client that leaves while it is judged', async () => {
    const { acme, url } = await start('websocket.js')
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    await once(socket, 'connect')
    const upgrade =
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAA\r\n'
    socket.write(`GET / HTTP/1.1\r\nHost: api.example.com\r\n${upgrade}Authorization: Bearer x.y.z\r\n\r\n`)
    socket.resetAndDestroy()
    const client = open(url, await acme.token({ scope: 'orders:read' }))
    expect(await once(client, 'message')).toHaveLength(2)
    client.terminate()
  })
})

describe('Server-sent events', () => {
  it('end when the token expires, and are refused without one', async () => {
    const { acme, url } = await start('sse.js')
    const token = await acme.token({ scope: 'orders:read' }, { expiresInSeconds: 1 })
    const answer = await fetch(`${url}/events`, { headers: { authorization: `Bearer ${token}` } })
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/event-stream'])
    expect(await answer.text()).toBe('data: {"hello":"user-1"}\n\nevent: expired\ndata:\n\n')
    const refused = await fetch(`${url}/events`)
    expect([refused.status, await refused.json()]).toEqual([
      401,
      { error: 'unauthorized', error_description: 'Authentication is required' },
    ])
  })
})
