import { once } from 'node:events'
import { createServer, IncomingMessage } from 'node:http'
import { connect, Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { isAuthRequest, toAuthRequest } from '../src/auth-request.js'
import type { AuthRequest, IncomingRequest } from '../src/auth-request.js'

const PUBLIC = 'https://api.example.com'

function viewTarget(target: string | undefined, publicUrl: string = PUBLIC): string | undefined {
  return toAuthRequest({ method: 'GET', url: target, headers: {} }, { publicUrl }).url
}

describe('several Authorization fields', () => {
  it('are counted in rawHeaders, where Node has not dropped any', () => {
    const request: IncomingRequest = {
      headers: { authorization: 'Bearer one' },
      rawHeaders: [
        'Host',
        'x',
        'Authorization',
        'Bearer one',
        'X-Other',
        'y',
        'AUTHORIZATION',
        'Bearer two',
        'authorization',
        '',
      ],
    }
    expect(toAuthRequest(request).authorization).toEqual(['Bearer one', 'Bearer two', ''])
  })

  it('count as one more where Node may have dropped one, behind a thousand others', () => {
    const toRequest = (fields: number, ...own: readonly string[]): IncomingRequest => ({
      headers: {},
      rawHeaders: [...own, ...Array.from({ length: fields - own.length / 2 }, () => ['X', 'y']).flat()],
    })
    const own = ['Authorization', 'Bearer one'] as const
    expect(toAuthRequest(toRequest(999, ...own)).authorization).toEqual(['Bearer one'])
    expect(toAuthRequest(toRequest(1_000, ...own)).authorization).toEqual(['Bearer one', ''])
    expect(toAuthRequest(toRequest(1_000)).authorization).toEqual([''])
    expect(toAuthRequest(toRequest(1_000)).dpop).toEqual([''])
  })

  it.each([
    [20, 20, ['']],
    [20, 19, []],
    [31, 62, ['']],
    [0, 5_000, []],
    [null, 999, []],
    [null, 1_000, ['']],
  ])(
    'count as one more behind as many fields as this server keeps, with maxHeadersCount %j and %j fields',
    (most, fields, more) => {
      const rawHeaders = ['Authorization', 'Bearer one', ...Array.from({ length: fields - 1 }, () => ['X', 'y']).flat()]
      const request = { headers: {}, rawHeaders, socket: { server: { maxHeadersCount: most } } }
      expect(toAuthRequest(request).authorization).toEqual(['Bearer one', ...more])
    },
  )

  it('are two, or refused by Node, where a second one stands behind more fields than a real server keeps', async () => {
    const seen: number[] = []
    const server = createServer((request, response) => {
      seen.push(toAuthRequest(request).authorization.length)
      response.end()
    })
    server.maxHeadersCount = 20
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    const others = Array.from({ length: 100 }, (_, index) => `X-${index}: y`)
    const lines = ['GET / HTTP/1.1', 'Host: a', 'Authorization: Bearer one', ...others, 'Authorization: Bearer two']
    socket.write(`${lines.join('\r\n')}\r\n\r\n`)
    const [answer] = (await once(socket, 'data')) as [Buffer]
    if (seen.length === 0) expect(answer.toString()).toMatch(/^HTTP\/1\.1 431 /)
    else expect(seen).toEqual([2])
    socket.destroy()
    server.close()
  })

  it('are looked for among the names of rawHeaders alone, not among the values', () => {
    const request: IncomingRequest = {
      headers: {},
      rawHeaders: [
        'X-Name',
        'Authorization',
        'X-Value',
        'Bearer x',
        'Authorization-Info',
        'Bearer y',
        'Proxy-Authorization',
        'Bearer z',
      ],
    }
    expect(toAuthRequest(request).authorization).toEqual([])
  })

  it('come from headers where rawHeaders names none, as in serverless and inject', () => {
    for (const rawHeaders of [undefined, [], ['Host', 'x']]) {
      expect(toAuthRequest({ headers: { authorization: 'Bearer one' }, rawHeaders }).authorization).toEqual([
        'Bearer one',
      ])
      expect(
        toAuthRequest({ headers: { authorization: ['Bearer one', 'Bearer two'] }, rawHeaders }).authorization,
      ).toEqual(['Bearer one', 'Bearer two'])
      expect(
        toAuthRequest({ headers: { Authorization: 'a', AUTHORIZATION: 'b', authorization: undefined }, rawHeaders })
          .authorization,
      ).toEqual(['a', 'b'])
    }
  })

  it('are counted for DPoP in the same way', () => {
    const request = { headers: { dpop: 'one, two' }, rawHeaders: ['DPoP', 'one', 'dpop', 'two'] }
    expect(toAuthRequest(request).dpop).toEqual(['one', 'two'])
    expect(toAuthRequest({ headers: { DPoP: ['one', 'two'] } }).dpop).toEqual(['one', 'two'])
  })

  it('are never the Proxy-Authorization', () => {
    const view = toAuthRequest({
      headers: { 'proxy-authorization': 'Bearer x' },
      rawHeaders: ['Proxy-Authorization', 'Bearer x'],
    })
    expect(view.authorization).toEqual([])
  })

  it('that a Fetch API request has joined stay one field, with the comma that makes it malformed', () => {
    const request = new Request(PUBLIC, {
      headers: [
        ['authorization', 'Bearer one'],
        ['authorization', 'Bearer two'],
      ],
    })
    expect(toAuthRequest(request).authorization).toEqual(['Bearer one, Bearer two'])
  })
})

describe('the URL', () => {
  it.each([
    ['/orders', 'https://api.example.com/orders'],
    ['/orders?x=1&y=%2F', 'https://api.example.com/orders?x=1&y=%2F'],
    ['/', 'https://api.example.com/'],
    ['', 'https://api.example.com/'],
    [undefined, 'https://api.example.com/'],
    ['*', 'https://api.example.com/*'],
    ['//evil.example/x', 'https://api.example.com//evil.example/x'],
    ['///evil.example', 'https://api.example.com///evil.example'],
    ['http://evil.example/x', 'https://api.example.com/x'],
    ['https://evil.example', 'https://api.example.com/'],
    ['HTTP://EVIL.example:8080/x?y', 'https://api.example.com/x?y'],
    ['https://user:pass@evil.example/x', 'https://api.example.com/x'],
    ['https://evil.example?x', 'https://api.example.com/?x'],
    ['gopher://evil.example/x', 'https://api.example.com/x'],
    ['@evil.example/x', 'https://api.example.com/@evil.example/x'],
    ['.evil.example/x', 'https://api.example.com/.evil.example/x'],
    [':8080/x', 'https://api.example.com/:8080/x'],
    ['evil.example:443', 'https://api.example.com/evil.example:443'],
    ['\\\\evil.example\\x', 'https://api.example.com/\\\\evil.example\\x'],
    ['/a/../b', 'https://api.example.com/a/../b'],
  ])('of the target %j is %s: no target replaces the origin', (target, url) => {
    expect(viewTarget(target)).toBe(url)
    expect(new URL(viewTarget(target) ?? '').origin).toBe(PUBLIC)
  })

  it('keeps the path prefix of the public URL', () => {
    expect(viewTarget('/orders', 'https://api.example.com/v1')).toBe('https://api.example.com/v1/orders')
    expect(viewTarget('/orders', 'https://api.example.com/v1/')).toBe('https://api.example.com/v1/orders')
    expect(viewTarget('https://evil.example/x', 'https://api.example.com/v1')).toBe('https://api.example.com/v1/x')
  })

  it('takes the target that came over the wire: what is given, then originalUrl, then url', () => {
    const request = { method: 'GET', url: '/rest', originalUrl: '/api/rest', headers: {} }
    expect(toAuthRequest(request, { publicUrl: PUBLIC }).url).toBe(`${PUBLIC}/api/rest`)
    expect(toAuthRequest(request, { publicUrl: PUBLIC, target: '/whole' }).url).toBe(`${PUBLIC}/whole`)
    expect(toAuthRequest({ ...request, originalUrl: undefined }, { publicUrl: PUBLIC }).url).toBe(`${PUBLIC}/rest`)
  })

  it('is unknown where no public URL is configured: no header of the request makes one', () => {
    const headers = { host: 'evil.example', 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example' }
    expect(toAuthRequest({ method: 'GET', url: '/x', headers }).url).toBeUndefined()
    expect(toAuthRequest({ method: 'GET', url: 'http://evil.example/x', headers }).url).toBeUndefined()
    expect(toAuthRequest(new Request('https://evil.example/x')).url).toBeUndefined()
  })

  it('comes from Host only where that is trusted, and from no X-Forwarded field even then', () => {
    const headers = { host: 'api.example.com:8443', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' }
    const trusting = { trustHost: true }
    expect(toAuthRequest({ url: '/x', headers }, trusting).url).toBe('http://api.example.com:8443/x')
    const secure = { encrypted: true, remoteAddress: undefined }
    expect(toAuthRequest({ url: '/x', headers, socket: secure } as IncomingRequest, trusting).url).toBe(
      'https://api.example.com:8443/x',
    )
    for (const host of ['evil.example/path?', 'a b', 'a\\b', 'user@evil.example', '', 'a,b']) {
      expect(toAuthRequest({ url: '/x', headers: { host } }, trusting).url).toBeUndefined()
    }
    expect(toAuthRequest({ url: '/x', headers }, { publicUrl: PUBLIC, trustHost: true }).url).toBe(`${PUBLIC}/x`)
    const http2 = { ':authority': 'api.example.com:8443' }
    expect(toAuthRequest({ url: '/x', headers: http2 }, trusting).url).toBe('http://api.example.com:8443/x')
    expect(toAuthRequest({ url: '/x', headers: http2 }).url).toBeUndefined()
  })

  it('of a Fetch API request keeps our origin too', () => {
    const view = toAuthRequest(new Request('https://internal.example:8080/x?y=1'), { publicUrl: PUBLIC })
    expect(view.url).toBe('https://api.example.com/x?y=1')
  })
})

describe('toAuthRequest', () => {
  it("reads Node's own request", () => {
    const message = new IncomingMessage(new Socket())
    message.method = 'POST'
    message.url = '/orders'
    message.headers = { authorization: 'Bearer a' }
    message.rawHeaders = ['Authorization', 'Bearer a']
    const view = toAuthRequest(message, { publicUrl: PUBLIC })
    expect(view).toMatchObject({ method: 'POST', url: `${PUBLIC}/orders`, authorization: ['Bearer a'], dpop: [] })
    expect(view.clientCertificate()).toBeUndefined()
  })

  it('asks for the certificate of the connection only when it is wanted', () => {
    let asked = 0
    const socket = { remoteAddress: '192.0.2.1', getPeerX509Certificate: () => void asked++ }
    const view = toAuthRequest({ headers: {}, socket })
    expect([view.remoteAddress, asked]).toEqual(['192.0.2.1', 0])
    view.clientCertificate()
    expect(asked).toBe(1)
  })

  it('builds a view from parts, whose names are in any case', () => {
    const view = toAuthRequest('PUT', 'https://api.example.com/x', {
      AUTHORIZATION: 'Bearer a',
      dpop: ['p'],
      cookie: 'c',
    })
    expect(view).toMatchObject({
      method: 'PUT',
      url: 'https://api.example.com/x',
      authorization: ['Bearer a'],
      dpop: ['p'],
    })
    expect(view.remoteAddress).toBeUndefined()
    expect(view.clientCertificate()).toBeUndefined()
  })

  it('does without method, socket and raw headers', () => {
    expect(toAuthRequest({ headers: {} })).toMatchObject({
      method: 'GET',
      authorization: [],
      dpop: [],
      remoteAddress: undefined,
    })
    expect(toAuthRequest({ headers: {}, socket: null }).clientCertificate()).toBeUndefined()
  })

  it('is not fooled by a header named get', () => {
    expect(toAuthRequest({ headers: { get: 'x', authorization: 'Bearer a' } }).authorization).toEqual(['Bearer a'])
  })

  it('never reads a token from a query, a body or a cookie', () => {
    const request = {
      method: 'POST',
      url: '/x?access_token=a.b.c',
      headers: { cookie: 'access_token=a.b.c', 'content-type': 'application/x-www-form-urlencoded' },
      body: { access_token: 'a.b.c' },
      query: { access_token: 'a.b.c' },
    }
    expect(toAuthRequest(request).authorization).toEqual([])
  })
})

describe('isAuthRequest', () => {
  it('knows the neutral view from what it is made of', () => {
    const view: AuthRequest = toAuthRequest({ headers: {} })
    expect(isAuthRequest(view)).toBe(true)
    expect(isAuthRequest({ headers: {} })).toBe(false)
    expect(isAuthRequest(new Request(PUBLIC))).toBe(false)
  })
})
