import { EventEmitter } from 'node:events'
import { connect, createServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { describe, expect, it, onTestFinished } from 'vitest'
import { callEndpoint } from '../../src/http/endpoint.js'
import type { EndpointCall, IncomingStream } from '../../src/http/endpoint.js'
import type { HttpHandler } from '../../src/ports.js'

const echo: HttpHandler = async (request, peer) =>
  Response.json({ ...pick(request), body: await request.text(), peer, fields: Object.fromEntries(request.headers) })

function pick({ method, url }: Request): object {
  return { method, url }
}

/** A request in the image of Node's, as serverless and inject libraries make them. */
function toRaw(more: object, ...chunks: readonly (string | Uint8Array)[]): IncomingStream {
  return Object.assign(Readable.from(chunks), { method: 'POST', url: '/x', headers: {}, ...more })
}

function call(raw: IncomingStream, more: Partial<EndpointCall> = {}, handler: HttpHandler = echo) {
  return callEndpoint(handler, { raw, maxBodyBytes: 1_000, ...more })
}

async function seenBy(raw: IncomingStream, more?: Partial<EndpointCall>): Promise<Record<string, unknown>> {
  return (await (await call(raw, more))?.json()) as Record<string, unknown>
}

describe('callEndpoint', () => {
  it('reads fields from headers where there are no raw ones', async () => {
    const headers = {
      host: 'api.example',
      'x-list': ['a', 'b'],
      'x-one': 'c',
      'x-none': undefined,
      'content-length': '2',
    }
    expect(await seenBy(toRaw({ headers }, 'a', Buffer.from('b')))).toMatchObject({
      url: 'http://api.example/x',
      body: 'ab',
      fields: { 'x-list': 'a, b', 'x-one': 'c' },
    })
    expect((await seenBy(toRaw({ headers })))['fields']).not.toHaveProperty('x-none')
  })

  it('knows no host where the client named none, or one that is none', async () => {
    for (const host of [undefined, '', 'a b', 'evil.example/..', 'a:b:c', '[', '@x', 'x@y']) {
      const seen = await seenBy(toRaw({ headers: { host } }))
      expect(seen['url']).toBe('http://localhost/x')
    }
  })

  it('has the root for its path where nobody says one', async () => {
    expect((await seenBy(toRaw({ url: undefined })))['url']).toBe('http://localhost/')
  })

  it('reads raw fields in pairs, and an odd one at the end not at all', async () => {
    const rawHeaders = ['Content-Length', '1', 'X-One', 'a', 'x-one', 'b', 'X-Odd']
    const { fields } = await seenBy(toRaw({ rawHeaders, headers: { 'content-length': '1' } }, 'x'))
    expect(fields).toEqual({ 'content-length': '1', 'x-one': 'a, b' })
  })

  it('is given no body by GET and HEAD, whatever they announce', async () => {
    for (const method of ['GET', 'HEAD', undefined]) {
      const raw = toRaw({ method, headers: { 'content-length': '1' } }, 'x')
      expect(await seenBy(raw)).toMatchObject({ body: '' })
    }
  })

  it('answers a body that is announced as too large before the endpoint is asked, and one that turns out so', async () => {
    const announced = await call(toRaw({ headers: { 'content-length': '1001' } }, 'x'))
    const found = await call(toRaw({ headers: { 'transfer-encoding': 'chunked' } }, 'x'.repeat(1_001)))
    for (const answer of [announced, found]) {
      expect([answer?.status, answer?.headers.get('connection')]).toEqual([413, 'close'])
      expect(answer?.headers.get('cache-control')).toBe('no-store')
      expect(await answer?.json()).toEqual({
        error: 'invalid_request',
        error_description: 'The request body is too large',
      })
    }
    const second = await call(toRaw({ headers: { 'content-length': '1001' }, httpVersionMajor: 2 }, 'x'))
    expect([second?.status, second?.headers.get('connection')]).toEqual([413, null])
  })

  it('passes on what the endpoint throws, and refuses an answer that is no Response', async () => {
    const thrown = new RangeError('of the endpoint')
    await expect(call(toRaw({}), {}, () => Promise.reject(thrown))).rejects.toBe(thrown)
    await expect(
      call(toRaw({ headers: { 'content-length': '1' } }, 'x'), {}, () => Promise.reject(thrown)),
    ).rejects.toBe(thrown)
    for (const answer of [undefined, null, {}, 'text', new Error('no')]) {
      await expect(call(toRaw({}), {}, async () => answer as Response)).rejects.toMatchObject({
        reason: 'ERR_UNEXPECTED',
        status: 500,
      })
    }
  })

  it('takes the target that it is told, then the one before any rewriting', async () => {
    const raw = { url: '/c', originalUrl: '/b' }
    expect((await seenBy(toRaw(raw), { target: '/a' }))['url']).toBe('http://localhost/a')
    expect((await seenBy(toRaw(raw)))['url']).toBe('http://localhost/b')
    expect((await seenBy(toRaw({ url: 'http://evil.example/c?d' })))['url']).toBe('http://localhost/c?d')
    expect((await seenBy(toRaw({ url: '*' })))['url']).toBe('http://localhost/*')
  })

  it('answers a field that cannot be one with 400, before the endpoint is asked', async () => {
    const never: HttpHandler = () => Promise.reject(new Error('asked'))
    for (const fields of [
      { rawHeaders: ['x', 'a\u0000b'] },
      { rawHeaders: ['a b', 'c'] },
      { headers: { x: '\u{1F600}' } },
      // Node may have dropped a second `Authorization`, or the proof.
      { rawHeaders: Array.from({ length: 1_000 }, () => ['x', 'y']).flat() },
    ]) {
      expect((await call(toRaw(fields), {}, never))?.status).toBe(400)
    }
    for (const url of ['/a/..', '/a/..?b=c', '/./a', '/a/%2E%2e/b', '/a\\..', '/..#a']) {
      expect((await call(toRaw({ url }), {}, never))?.status).toBe(400)
    }
    for (const method of ['TRACE', 'trace', 'TRACK', 'CONNECT']) {
      expect((await call(toRaw({ method }), {}, never))?.status).toBe(501)
    }
    for (const method of ['XTRACE', 'TRACER', 'RECONNECT'])
      expect(await seenBy(toRaw({ method }))).toMatchObject({ method })
  })

  it('takes a body that is as long as it may be, announced, read or kept', async () => {
    const body = 'x'.repeat(1_000)
    expect(await seenBy(toRaw({ headers: { 'content-length': '1000' } }, body))).toMatchObject({ body })
    expect(await seenBy(toRaw({ headers: { 'transfer-encoding': 'chunked' } }, body))).toMatchObject({ body })
    const kept = toRaw({ headers: { 'content-length': '1000' }, rawBody: Buffer.from(body) }, body)
    await kept.toArray()
    expect(await seenBy(kept)).toMatchObject({ body })
  })

  it('gives no body where none was announced, although a body parser has looked for one', async () => {
    for (const headers of [{}, { 'content-length': '0' }]) {
      const raw = toRaw({ headers })
      await raw.toArray()
      expect(await seenBy(raw)).toMatchObject({ body: '' })
    }
  })

  it('lets the rest of a body go by that was too long, so that the next request is read', async () => {
    const raw = toRaw({ headers: { 'transfer-encoding': 'chunked' } }, 'x'.repeat(900), 'y'.repeat(900), 'z', 'z')
    expect((await call(raw))?.status).toBe(413)
    await new Promise((resolve) => setImmediate(resolve))
    expect([raw.readableFlowing, raw.destroyed && raw.readableAborted]).toEqual([true, false])
  })

  it('says what to do where a body was read before, or where an answer is none', async () => {
    const raw = toRaw({ headers: { 'content-length': '1' } }, 'x')
    await raw.toArray()
    await expect(call(raw)).rejects.toThrow('Put mount() before it.')
    await expect(call(toRaw({}), {}, async () => 'x' as never)).rejects.toThrow('something that is no Response')
  })

  it('leaves dots alone that are no steps', async () => {
    for (const url of ['/.well-known/x', '/a..b/..c', '/a?b=/../c', '/...']) {
      expect((await seenBy(toRaw({ url })))['url']).toBe(`http://localhost${url}`)
    }
  })

  it('tells the endpoint who is at the other end', async () => {
    const certificate = {} as never
    const socket = { remoteAddress: '192.0.2.1', getPeerX509Certificate: () => certificate }
    const found: unknown[] = []
    const handler: HttpHandler = async (_request, peer) => {
      found.push([peer?.remoteAddress, peer?.clientCertificate?.(), peer?.isCertificateTrusted?.()])
      return new Response()
    }
    await call(toRaw({ socket: { ...socket, authorized: true } }), {}, handler)
    // A server that takes any certificate: nobody has checked its chain.
    await call(toRaw({ socket: { ...socket, authorized: false } }), {}, handler)
    await call(toRaw({ socket }), {}, handler)
    await call(toRaw({ socket: null }), {}, handler)
    await call(toRaw({ socket: { remoteAddress: '192.0.2.1' } }), {}, handler)
    const address = '192.0.2.1'
    expect(found).toEqual([
      [address, certificate, true],
      [address, certificate, false],
      [address, certificate, false],
      [undefined, undefined, false],
      [address, undefined, false],
    ])
  })

  it('reads no byte of a body before the endpoint does', async () => {
    let reads = 0
    const source = new Readable({ read: () => void reads++ })
    const raw = Object.assign(source, { method: 'POST', url: '/', headers: { 'content-length': '1' } })
    await call(raw as IncomingStream, {}, async () => new Response())
    expect(reads).toBe(0)
  })

  it('takes the bytes of a body that was kept, within the cap', async () => {
    const read = async (rawBody: unknown) => {
      const raw = toRaw({ headers: { 'content-length': '3' }, rawBody }, 'a=1')
      await raw.toArray()
      return raw
    }
    expect((await seenBy(await read(Buffer.from('a=1'))))['body']).toBe('a=1')
    for (const rawBody of [undefined, 'a=1', { a: 1 }, Buffer.alloc(1_001)]) {
      await expect(call(await read(rawBody))).rejects.toMatchObject({ reason: 'ERR_UNEXPECTED', status: 500 })
    }
  })

  it('takes another stream for the body, where a framework has one', async () => {
    const headers = { 'content-length': '1' }
    expect((await seenBy(toRaw({ headers }, 'x'), { body: Readable.from(['inflated']) }))['body']).toBe('inflated')
  })

  it('answers nothing once the client is gone, whatever the endpoint throws', async () => {
    const response = Object.assign(new EventEmitter(), { writableFinished: false })
    const handler: HttpHandler = async ({ signal }) => {
      response.emit('close')
      signal.throwIfAborted()
      return new Response()
    }
    expect(await call(toRaw({}), { response }, handler)).toBeUndefined()
    const finished = Object.assign(new EventEmitter(), { writableFinished: true })
    const late: HttpHandler = async ({ signal }) => {
      finished.emit('close')
      return new Response(String(signal.aborted))
    }
    expect(await (await call(toRaw({}), { response: finished }, late))?.text()).toBe('false')
  })

  it('reads HTTP/2, whose bodies announce nothing and whose answers close no connection', async () => {
    const server = createServer((req, res) => {
      const answer = async (): Promise<void> => {
        const found = await call(req as unknown as IncomingStream, { response: res, maxBodyBytes: 8 })
        for (const [name, value] of found?.headers ?? []) res.setHeader(name, value)
        res.statusCode = found?.status ?? 500
        res.end((await found?.text()) ?? '')
      }
      void answer()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    onTestFinished(() => {
      session.destroy()
      server.close()
    })
    const send = async (body: string): Promise<readonly [unknown, string]> => {
      const stream = session.request({ ':method': 'POST', ':path': '/x' })
      const head = new Promise<unknown>((resolve) => stream.once('response', (fields) => resolve(fields[':status'])))
      stream.end(body)
      const chunks = await stream.toArray()
      return [await head, Buffer.concat(chunks as Uint8Array[]).toString()]
    }
    const [status, body] = await send('short')
    expect([status, JSON.parse(body)]).toMatchObject([200, { method: 'POST', body: 'short' }])
    expect(await send('much longer')).toEqual([
      413,
      '{"error":"invalid_request","error_description":"The request body is too large"}',
    ])
  })
})
