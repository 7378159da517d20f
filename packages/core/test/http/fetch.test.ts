import { getEventListeners, once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { gzipSync } from 'node:zlib'
import { createTestAuthority } from '@countersign/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { UpstreamEvent } from '../../src/diagnostics.js'
import { readWebBody } from '../../src/http/fetch-body.js'
import { openSocket } from '../../src/http/fetch-connect.js'
import { startDeadline } from '../../src/http/fetch-deadline.js'
import { createFetch } from '../../src/http/fetch.js'
import { systemRuntime } from '../../src/runtime.js'
import { fetchOnce, network } from './fetching.js'
import { startOrigin } from './origin.js'

const document = JSON.stringify({ keys: [] })

/** A server that speaks bytes, for what node:http would never send. Gives its URL. */
async function startRaw(answer: string | Buffer, { end = true } = {}): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => (end ? socket.end(answer) : socket.write(answer)))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

describe('guarded fetch', () => {
  it('DM-3: sends one GET on a connection of its own, with a fixed User-Agent and nothing ambient', async () => {
    const origin = await startOrigin((_request, response) => response.setHeader('set-cookie', 'a=b').end(document))
    await fetchOnce(`${origin.url}/jwks?tenant=a`)
    await fetchOnce(`${origin.url}/jwks?tenant=a`)
    const headers = {
      accept: 'application/json',
      'accept-encoding': 'identity',
      connection: 'close',
      host: `127.0.0.1:${origin.port}`,
      'user-agent': 'countersign',
    }
    // The second request shows that the cookie of the first answer was forgotten (C.3 rule 5).
    expect(origin.requests).toEqual([
      { method: 'GET', url: '/jwks?tenant=a', headers, body: '' },
      { method: 'GET', url: '/jwks?tenant=a', headers, body: '' },
    ])
  })

  it('sends a POST with its body and headers, and never lets them replace the connection’s own', async () => {
    const origin = await startOrigin((_request, response) => response.end('{}'))
    const headers = {
      authorization: 'Bearer k8s',
      host: 'evil.example',
      connection: 'keep-alive',
      'accept-encoding': 'br',
    }
    await fetchOnce(origin.url, { method: 'POST', body: 'token=a', headers })
    expect(origin.requests).toMatchObject([
      {
        method: 'POST',
        body: 'token=a',
        headers: {
          authorization: 'Bearer k8s',
          host: `127.0.0.1:${origin.port}`,
          connection: 'close',
          'accept-encoding': 'identity',
        },
      },
    ])
  })

  it('gives status, headers and body', async () => {
    const origin = await startOrigin((_request, response) => response.setHeader('etag', '"1"').end(document))
    const answer = await fetchOnce(origin.url)
    expect([answer.status, answer.header('etag'), answer.header('age'), Buffer.from(answer.body).toString()]).toEqual([
      200,
      '"1"',
      undefined,
      document,
    ])
  })

  it.each([300, 301, 302, 303, 307, 308])(
    'C.3 rule 3 and section 4, redirect: refuses status %i instead of following it',
    async (status) => {
      const target = await startOrigin((_request, response) => response.end(document))
      const origin = await startOrigin((_request, response) =>
        response.writeHead(status, { location: target.url }).end(),
      )
      await expect(fetchOnce(origin.url, { named: [origin.url, target.url] })).rejects.toMatchObject({
        reason: 'ERR_UPSTREAM_REDIRECT',
        detail: { status },
      })
      expect(target.requests).toEqual([])
    },
  )

  it.each([204, 206, 304, 400, 401, 404, 429, 500, 503])(
    'DM-3: refuses status %i without reading its body',
    async (status) => {
      const origin = await startOrigin((_request, response) => response.writeHead(status).end())
      await expect(fetchOnce(origin.url)).rejects.toMatchObject({ reason: 'ERR_UPSTREAM_STATUS', detail: { status } })
    },
  )

  it('refuses a server that switches protocols', async () => {
    const url = await startRaw('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n', {
      end: false,
    })
    await expect(fetchOnce(url)).rejects.toMatchObject({ reason: 'ERR_UPSTREAM_STATUS', detail: { status: 101 } })
  })

  it.each([
    [
      'a length beside chunks, which another reader takes for the end',
      'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
    ],
    ['a control character in a header', 'HTTP/1.1 200 OK\r\nx: a\u0001b\r\ncontent-length: 2\r\n\r\n{}'],
    ['no HTTP at all', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['a closed connection', ''],
    ['two different lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}'],
    ['a body shorter than announced', 'HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{}'],
    ['a chunked body that breaks off', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"key'],
    ['headers beyond 16 KiB', `HTTP/1.1 200 OK\r\nx: ${'a'.repeat(20_000)}\r\n\r\n{}`],
  ])('counts %s as a failure of the network', async (_name, answer) => {
    await expect(fetchOnce(await startRaw(answer))).rejects.toMatchObject({
      reason: 'ERR_UPSTREAM_NETWORK',
      status: 503,
    })
  })

  it('counts a refused connection as a failure of the network and keeps its code', async () => {
    const origin = await startOrigin(() => {})
    origin.server.close()
    await once(origin.server, 'close')
    await expect(fetchOnce(origin.url)).rejects.toMatchObject({
      reason: 'ERR_UPSTREAM_NETWORK',
      cause: { code: 'ECONNREFUSED' },
    })
  })
})

describe('C.3 rule 4: sizes', () => {
  it('reads a body of exactly maxBytes and refuses one more byte', async () => {
    const origin = await startOrigin((request, response) => response.end('x'.repeat(Number(request.url?.slice(1)))))
    expect((await fetchOnce(`${origin.url}/1024`, { network: { maxBytes: 1_024 } })).body.length).toBe(1_024)
    await expect(fetchOnce(`${origin.url}/1025`, { network: { maxBytes: 1_024 } })).rejects.toMatchObject({
      reason: 'ERR_UPSTREAM_TOO_LARGE',
      detail: { maxBytes: 1_024 },
    })
  })

  it('cuts an endless body without a length at the limit', async () => {
    let sent = 0
    const origin = await startOrigin((_request, response) => {
      const timer = setInterval(() => {
        sent += 65_536
        response.write(Buffer.alloc(65_536, 0x20))
      }, 1)
      response.on('close', () => clearInterval(timer))
    })
    await expect(fetchOnce(origin.url)).rejects.toMatchObject({
      reason: 'ERR_UPSTREAM_TOO_LARGE',
      detail: { maxBytes: 524_288 },
    })
    expect(sent).toBeLessThan(10 * 524_288)
  })

  it('inflates a gzip body that nobody asked for, and cuts a bomb at the limit after decompression', async () => {
    const gzipped = gzipSync(Buffer.alloc(50_000_000, 0x20))
    const origin = await startOrigin((request, response) => {
      response.setHeader('content-encoding', request.url === '/odd' ? 'X-GZIP' : 'gzip')
      response.end(request.url === '/bomb' ? gzipped : gzipSync(document))
    })
    expect(gzipped.length).toBeLessThan(524_288)
    expect(Buffer.from((await fetchOnce(origin.url)).body).toString()).toBe(document)
    expect(Buffer.from((await fetchOnce(`${origin.url}/odd`)).body).toString()).toBe(document)
    await expect(fetchOnce(`${origin.url}/bomb`)).rejects.toMatchObject({ reason: 'ERR_UPSTREAM_TOO_LARGE' })
  })

  it('takes a 304 that says how its body would be encoded', async () => {
    const origin = await startOrigin((request, response) =>
      response.writeHead(304, { 'content-encoding': request.url?.slice(1), etag: '"a"' }).end(),
    )
    for (const encoding of ['gzip', 'br']) {
      const answer = await fetchOnce(`${origin.url}/${encoding}`, { statuses: [200, 304] })
      expect([answer.status, answer.body.length]).toEqual([304, 0])
    }
  })

  it('cuts a gzip body that inflates to nothing at the same limit', async () => {
    const nothing = Buffer.concat(Array.from({ length: 1_000 }, () => gzipSync('')))
    let sent = 0
    const origin = await startOrigin((_request, response) => {
      response.setHeader('content-encoding', 'gzip')
      const write = (): void => {
        for (; !response.destroyed;) {
          sent += nothing.length
          if (!response.write(nothing)) return void response.once('drain', write)
        }
      }
      write()
    })
    // The deadline would end it too, but this one is far off.
    const answered = fetchOnce(origin.url, { network: { timeoutMs: 60_000 } })
    await expect(answered).rejects.toMatchObject({ reason: 'ERR_UPSTREAM_TOO_LARGE' })
    // The system holds a few megabytes that nobody has read.
    expect(sent).toBeLessThan(64 * 524_288)
  })

  it('takes ten answers that announce another one, and no more', async () => {
    const hint = 'HTTP/1.1 103 Early Hints\r\n\r\n'
    const last = `HTTP/1.1 200 OK\r\nContent-Length: ${document.length}\r\n\r\n${document}`
    expect((await fetchOnce(await startRaw(hint.repeat(10) + last))).status).toBe(200)
    const flood = fetchOnce(await startRaw(hint.repeat(11), { end: false }))
    await expect(flood).rejects.toMatchObject({ reason: 'ERR_UPSTREAM_NETWORK' })
  })

  it('counts a gzip body that breaks off as a failure of the network', async () => {
    const origin = await startOrigin((_request, response) =>
      response.setHeader('content-encoding', 'gzip').end(gzipSync(document).subarray(0, 15)),
    )
    await expect(fetchOnce(origin.url)).rejects.toMatchObject({ reason: 'ERR_UPSTREAM_NETWORK' })
  })

  it.each(['br', 'deflate', 'gzip, gzip', 'zstd'])('refuses the content encoding %j', async (encoding) => {
    const origin = await startOrigin((_request, response) =>
      response.setHeader('content-encoding', encoding).end(document),
    )
    await expect(fetchOnce(origin.url)).rejects.toMatchObject({
      reason: 'ERR_UPSTREAM_CONTENT',
      detail: { wants: 'no content encoding, or gzip' },
    })
  })

  it.each(['identity', 'IDENTITY', ''])('takes the content encoding %j for none', async (encoding) => {
    const origin = await startOrigin((_request, response) =>
      response.setHeader('content-encoding', encoding).end(document),
    )
    expect((await fetchOnce(origin.url)).body.length).toBe(document.length)
  })

  it('lets go of a web stream and of the deadline, whether it was read to its end or not', async () => {
    const { signal } = new AbortController()
    const read = (chunks: number, cancelled: () => void): Promise<Uint8Array> => {
      let left = chunks
      const body = new ReadableStream<Uint8Array>({
        pull: (controller) => (left-- > 0 ? controller.enqueue(new Uint8Array(10)) : controller.close()),
        cancel: cancelled,
      })
      return readWebBody(body, 25, signal)
    }
    let cancels = 0
    expect((await read(2, () => cancels++)).length).toBe(20)
    expect(cancels).toBe(0)
    await expect(read(9, () => cancels++)).rejects.toMatchObject({ reason: 'ERR_UPSTREAM_TOO_LARGE' })
    expect(cancels).toBe(1)
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})

describe('section 4, hang and slow loris: one total deadline', () => {
  const timeoutMs = 300
  const BOUND_MS = 5 * timeoutMs

  it.each([
    ['a server that never answers', (): void => {}],
    [
      'headers and then nothing',
      (_request: unknown, response: { flushHeaders(): void }): void => response.flushHeaders(),
    ],
    [
      'a byte of the body now and then',
      (
        _request: unknown,
        response: { write(text: string): void; on(event: 'close', listener: () => void): void },
      ): void => {
        const timer = setInterval(() => response.write(' '), 20)
        response.on('close', () => clearInterval(timer))
      },
    ],
  ])('ends %s', async (_name, listener) => {
    const origin = await startOrigin(listener)
    const startedAt = performance.now()
    await expect(fetchOnce(origin.url, { network: { timeoutMs } })).rejects.toMatchObject({
      reason: 'ERR_UPSTREAM_TIMEOUT',
      detail: { timeoutMs },
    })
    expect(performance.now() - startedAt).toBeLessThan(BOUND_MS)
    await expect.poll(() => origin.server.listenerCount('connection') > 0 && connections(origin.server)).toBe(0)
  })

  it('ends a byte of the headers now and then', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => {})
      socket.write('HTTP/1.1 200 OK\r\nx: ')
      const timer = setInterval(() => socket.write('a'), 20)
      socket.on('close', () => clearInterval(timer))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    await expect(fetchOnce(url, { network: { timeoutMs } })).rejects.toMatchObject({ reason: 'ERR_UPSTREAM_TIMEOUT' })
  })

  it('ends a TLS handshake that nobody answers', async () => {
    const server = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`
    await expect(fetchOnce(url, { network: { timeoutMs } })).rejects.toMatchObject({ reason: 'ERR_UPSTREAM_TIMEOUT' })
  })

  it('ends a name look-up that hangs', async () => {
    const findAddresses = (): Promise<never> => new Promise(() => {})
    await expect(fetchOnce('https://login.example/', { network: { timeoutMs }, findAddresses })).rejects.toMatchObject({
      reason: 'ERR_UPSTREAM_TIMEOUT',
    })
  })

  it('closes the connection of a request that is called off', async () => {
    const origin = await startOrigin(() => deadline.stop())
    const deadline = startDeadline(3_000)
    const fetch = createFetch(network, systemRuntime)
    const named = new Map([[`127.0.0.1:${origin.port}`, 'any']] as const)
    await expect(fetch({ issuer: 'a', url: origin.url, named, signal: deadline.signal })).rejects.toMatchObject({
      reason: 'ERR_UPSTREAM_NETWORK',
    })
    await expect(fetch({ issuer: 'a', url: origin.url, named, signal: deadline.signal })).rejects.toMatchObject({
      reason: 'ERR_UPSTREAM_NETWORK',
    })
    expect(origin.requests).toHaveLength(1)
  })
})

describe('C.3 rule 2: DNS rebinding', () => {
  const learned = 'https://keys.example/jwks'

  it.each([
    ['a private address', ['10.0.0.7']],
    ['loopback', ['127.0.0.1']],
    ['cloud metadata', ['169.254.169.254']],
    ['one private address among public ones', ['8.8.8.8', '192.168.1.1']],
    ['a mapped private address', ['::ffff:10.0.0.7']],
    ['a unique-local address', ['2606:4700::1', 'fd00::1']],
  ])('refuses a host that a document named when its name answers %s', async (_name, addresses) => {
    const findAddresses = async (): Promise<{ address: string; family: number }[]> =>
      addresses.map((address) => ({ address, family: 0 }))
    await expect(fetchOnce(learned, { named: [], findAddresses })).rejects.toMatchObject({
      reason: 'ERR_UPSTREAM_ADDRESS',
      detail: { wants: 'public' },
    })
  })

  it('C.3 rule 9: says which address was refused', async () => {
    const findAddresses = async (): Promise<{ address: string; family: number }[]> => [
      { address: '10.0.0.7', family: 4 },
    ]
    await expect(fetchOnce(`${learned}?key=secret`, { named: [], findAddresses })).rejects.toMatchObject({
      detail: { wants: 'public', address: '10.0.0.7', url: learned },
    })
  })

  it('refuses “localhost” over plain http when its name answers another machine', async () => {
    const findAddresses = async (): Promise<{ address: string; family: number }[]> => [
      { address: '10.0.0.7', family: 4 },
    ]
    await expect(fetchOnce('http://localhost:8080/', { findAddresses })).rejects.toMatchObject({
      reason: 'ERR_UPSTREAM_ADDRESS',
      detail: { wants: 'loopback' },
    })
  })

  it('asks for the addresses once and connects to those, with the original host name in the request', async () => {
    const origin = await startOrigin((_request, response) => response.end(document))
    let asked = 0
    const findAddresses = async (hostname: string): Promise<{ address: string; family: number }[]> => {
      asked++
      expect(hostname).toBe('login.example')
      return [{ address: '127.0.0.1', family: 4 }]
    }
    const dangerouslyAllowHttpHosts = [`login.example:${origin.port}`]
    await fetchOnce(`http://login.example:${origin.port}/jwks`, {
      network: { dangerouslyAllowHttpHosts },
      findAddresses,
    })
    expect(asked).toBe(1)
    expect(origin.requests).toMatchObject([{ headers: { host: `login.example:${origin.port}` } }])
  })

  it('drops a connection that ended up at another address than those checked, before it sends a byte', async () => {
    const origin = await startOrigin(() => {})
    let received = 0
    origin.server.on('connection', (socket: Socket) => socket.on('data', () => received++))
    const answers = ['8.8.8.8', '127.0.0.1']
    const changing = {
      family: 4,
      get address() {
        return answers.shift() ?? '127.0.0.1'
      },
    }
    const host = { hostname: 'keys.example', port: origin.port, addresses: 'public' } as const
    const { signal } = new AbortController()
    await expect(openSocket(host, async () => [changing], signal)).rejects.toMatchObject({
      reason: 'ERR_UPSTREAM_ADDRESS',
    })
    await expect.poll(() => connections(origin.server)).toBe(0)
    expect(received).toBe(0)
  })

  it('asks nobody for the addresses of a literal, and lets go of the deadline with the connection', async () => {
    const origin = await startOrigin(() => {})
    const { signal } = new AbortController()
    const host = { hostname: '127.0.0.1', port: origin.port, addresses: 'any' } as const
    const socket = await openSocket(host, () => Promise.reject(new Error('asked')), signal)
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    socket.destroy()
    await once(socket, 'close')
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it('tries every checked address until one takes the connection', async () => {
    const origin = await startOrigin((_request, response) => response.end(document))
    const findAddresses = async (): Promise<{ address: string; family: number }[]> => [
      { address: '::1', family: 6 },
      { address: '127.0.0.1', family: 4 },
    ]
    expect((await fetchOnce(`http://localhost:${origin.port}/`, { findAddresses })).status).toBe(200)
  })

  it('counts a name without addresses, and one that does not exist, as a failure of the network', async () => {
    await expect(fetchOnce(learned, { findAddresses: async () => [] })).rejects.toMatchObject({
      reason: 'ERR_UPSTREAM_NETWORK',
      detail: { addresses: 0 },
    })
    const findAddresses = (): Promise<never> =>
      Promise.reject(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' }))
    await expect(fetchOnce(learned, { findAddresses })).rejects.toMatchObject({
      reason: 'ERR_UPSTREAM_NETWORK',
      cause: { code: 'ENOTFOUND' },
    })
  })
})

describe('TLS', () => {
  const authority = createTestAuthority()

  it('trusts a private authority where one is configured', async () => {
    const { certificate, issue } = await authority
    const origin = await startOrigin((_request, response) => response.end(document), await issue())
    expect((await fetchOnce(origin.url, { network: { ca: [certificate] } })).status).toBe(200)
  })

  it.each([
    ['by an authority that is not configured', { ca: undefined }],
    ['by another authority', { ca: 'other' as const }],
  ])('refuses a certificate %s, whatever NODE_TLS_REJECT_UNAUTHORIZED says', async (_name, { ca }) => {
    const origin = await startOrigin((_request, response) => response.end(document), await (await authority).issue())
    const other = await createTestAuthority('Another authority')
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
    onTestFinished(() => void delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'])
    await expect(fetchOnce(origin.url, { network: { ca: ca && [other.certificate] } })).rejects.toMatchObject({
      reason: 'ERR_UPSTREAM_NETWORK',
    })
    expect(origin.requests).toEqual([])
  })

  it('refuses a certificate for another name', async () => {
    const { certificate, issue } = await authority
    const origin = await startOrigin(
      (_request, response) => response.end(document),
      await issue({ hosts: ['login.example'] }),
    )
    await expect(fetchOnce(origin.url, { network: { ca: [certificate] } })).rejects.toMatchObject({
      reason: 'ERR_UPSTREAM_NETWORK',
      cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
    })
  })

  it('asks for the host by its name, at the address that was checked', async () => {
    const { certificate, issue } = await authority
    let servername: unknown
    const origin = await startOrigin(
      (request, response) => {
        servername = (request.socket as { servername?: unknown }).servername
        response.end(document)
      },
      await issue({ hosts: ['login.example'] }),
    )
    const findAddresses = async (): Promise<{ address: string; family: number }[]> => [
      { address: '127.0.0.1', family: 4 },
    ]
    await fetchOnce(`https://login.example:${origin.port}/`, { network: { ca: [certificate] }, findAddresses })
    expect(servername).toBe('login.example')
  })

  it('names no address literal there (RFC 6066 section 3), and offers HTTP/1.1 alone', async () => {
    const { certificate, issue } = await authority
    const seen: unknown[] = []
    const origin = await startOrigin(
      (request, response) => {
        const { servername, alpnProtocol } = request.socket as { servername?: unknown; alpnProtocol?: unknown }
        seen.push([servername, alpnProtocol])
        response.end(document)
      },
      await issue(),
    )
    await fetchOnce(origin.url, { network: { ca: [certificate] } })
    expect(seen).toEqual([[false, 'http/1.1']])
  })
})

describe('C.3 rule 9: countersign:upstream', () => {
  it('tells issuer, URL, address, status, outcome and size of each request, good or bad', async () => {
    const origin = await startOrigin((request, response) =>
      response.writeHead(request.url === '/jwks?key=secret' ? 200 : 404).end(document),
    )
    const events: UpstreamEvent[] = []
    const listener = (event: unknown): void => void events.push(event as UpstreamEvent)
    subscribe('countersign:upstream', listener)
    onTestFinished(() => void unsubscribe('countersign:upstream', listener))
    const clock = [1_000, 1_250]
    await fetchOnce(`${origin.url}/jwks?key=secret`, { runtime: { monotonicNow: () => clock.shift() ?? 0 } })
    expect(events[0]?.durationMs).toBe(250)
    await expect(fetchOnce(`${origin.url}/nothing`)).rejects.toMatchObject({ reason: 'ERR_UPSTREAM_STATUS' })
    await expect(fetchOnce('ftp://login.example/')).rejects.toMatchObject({ reason: 'ERR_UPSTREAM_URL' })
    const issuer = 'https://issuer.example'
    const durationMs = expect.any(Number)
    expect(events).toEqual([
      {
        issuer,
        url: `${origin.url}/jwks`,
        address: '127.0.0.1',
        status: 200,
        outcome: 'ok',
        detail: undefined,
        bytes: document.length,
        durationMs,
      },
      {
        issuer,
        url: `${origin.url}/nothing`,
        address: '127.0.0.1',
        status: 404,
        outcome: 'ERR_UPSTREAM_STATUS',
        detail: { status: 404 },
        bytes: 0,
        durationMs,
      },
      {
        issuer,
        url: 'ftp://login.example/',
        address: undefined,
        status: undefined,
        outcome: 'ERR_UPSTREAM_URL',
        detail: { part: 'scheme' },
        bytes: 0,
        durationMs,
      },
    ])
  })
})

function connections(server: {
  getConnections(callback: (error: Error | null, count: number) => void): unknown
}): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)))
  })
}
