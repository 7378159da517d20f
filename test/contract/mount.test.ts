import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { AuthenticationError, createVerifier, protectedResourceMetadata } from '@countersign/core'
import type { HttpHandler, HttpPeer } from '@countersign/core'
import { mount as mountExpress } from '@countersign/express'
import { mount as mountFastify } from '@countersign/fastify'
import { mount as mountKoa } from '@countersign/koa'
import { mountedHosts } from './hosts/mounted.js'
import type { MountedOptions, MountedServer } from './hosts/mounted.js'
import { sendRaw } from './raw-client.js'
import { createWorld } from './world.js'

const world = await createWorld()
afterAll(() => world.close())

const lost: unknown[] = []
const remember = (reason: unknown) => void lost.push(reason)
beforeAll(() => void process.on('unhandledRejection', remember))
afterAll(() => void process.off('unhandledRejection', remember))

/** Tells what it was asked. */
const echo: HttpHandler = async (request, peer?: HttpPeer) =>
  Response.json({
    method: request.method,
    url: request.url,
    fields: Object.fromEntries(request.headers),
    body: await request.text(),
    address: peer?.remoteAddress,
    certificate: peer?.clientCertificate?.() ?? null,
  })

const text = (body: string, more: readonly (readonly [string, string])[] = []) =>
  ({ body, fields: [['Content-Length', String(Buffer.byteLength(body))], ...more] }) as const

const chunked = (...chunks: readonly string[]) => {
  const body = [...chunks, ''].map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('')
  return { body, fields: [['Transfer-Encoding', 'chunked']] } as const
}

describe.each(mountedHosts)('an endpoint on $name', ({ name, start }) => {
  let server: MountedServer
  afterEach(() => server.close())
  const serve = async (endpoint: HttpHandler, more?: MountedOptions) => {
    server = await start(world, endpoint, more)
    return (
      method: string,
      path: string,
      sent: { body?: string; fields?: readonly (readonly [string, string])[] } = {},
    ) => sendRaw(server.port, { method, path, fields: [], ...sent })
  }

  it('is given the request as it came, and the other end of its connection', async () => {
    const call = await serve(echo)
    const fields = [
      ['Content-Type', 'application/x-www-form-urlencoded'],
      ['X-Twice', 'a'],
      ['x-twice', 'b'],
    ] as const
    const answer = await call('POST', '/api/token?a=1&a=2', text('grant=ü&b=%20', fields))
    expect(answer.status).toBe(200)
    expect(JSON.parse(Buffer.from(answer.body, 'latin1').toString())).toMatchObject({
      method: 'POST',
      url: 'http://api.example.com/api/token?a=1&a=2',
      fields: { 'content-type': 'application/x-www-form-urlencoded', 'x-twice': 'a, b', host: 'api.example.com' },
      body: 'grant=ü&b=%20',
      address: '127.0.0.1',
      certificate: null,
    })
  })

  it.each([
    ['in chunks', chunked('one', 'two', 'three'), 'onetwothree'],
    ['of no type', text('raw'), 'raw'],
    ['of JSON, unparsed', text('{"a":1,"a":2}', [['Content-Type', 'application/json']]), '{"a":1,"a":2}'],
    ['of broken JSON', text('{', [['Content-Type', 'application/json']]), '{'],
    ['of a type of its own', text('x', [['Content-Type', 'application/secevent+jwt']]), 'x'],
    ['of a type that is none', text('x', [['Content-Type', 'a, b']]), 'x'],
    ['of an empty type', text('x', [['Content-Type', '']]), 'x'],
    ['that is empty', {}, ''],
  ])('is given a body %s', async (_, sent, body) => {
    const call = await serve(echo)
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      expect(JSON.parse((await call(method, '/api', sent)).body)).toMatchObject({ method, body })
    }
  })

  it('is given no body under GET: it has no meaning there', async () => {
    const call = await serve(echo)
    expect(JSON.parse((await call('GET', '/api', text('body'))).body)).toMatchObject({ method: 'GET', body: '' })
  })

  it('never sees another origin than ours, whatever the target says', async () => {
    const call = await serve(async (request) => new Response(request.url))
    expect((await call('GET', '/api//evil.example/x')).body).toBe('http://api.example.com/api//evil.example/x')
    const { body } = await call('GET', '/api/x', { fields: [['X-Forwarded-Host', 'evil.example']] })
    expect(body).toBe('http://api.example.com/api/x')
  })

  it.each(['/api/../token', '/api/%2e%2E/token', '/api/.%2e', '/api/x\\..\\y', '/api/./x'])(
    'never sees a path that steps out of itself: %s',
    async (path) => {
      const seen: string[] = []
      const call = await serve(async ({ url }) => new Response(seen.push(url).toString()))
      expect((await call('GET', path)).status).toBeGreaterThanOrEqual(400)
      expect(seen).toEqual([])
    },
  )

  it('answers with status, fields, cookies and body as it says', async () => {
    const call = await serve(async () => {
      const headers = new Headers({ 'Content-Type': 'text/x-mine', 'Cache-Control': 'no-store', 'X-Own': 'yes' })
      headers.append('Set-Cookie', 'a=1')
      headers.append('Set-Cookie', 'b=2; Path=/')
      return new Response('body', { status: 418, headers })
    })
    const { status, fields, body } = await call('POST', '/api')
    expect({ status, body }).toEqual({ status: 418, body: 'body' })
    expect(fields).toMatchObject({
      'content-type': ['text/x-mine'],
      'cache-control': ['no-store'],
      'x-own': ['yes'],
      'set-cookie': ['a=1', 'b=2; Path=/'],
    })
  })

  it.each([204, 304, 200, 401, 404])('answers %s without a body', async (status) => {
    const call = await serve(async () => new Response(null, { status, headers: { 'X-Own': 'yes' } }))
    expect(await call('GET', '/api')).toMatchObject({ status, body: '', fields: { 'x-own': ['yes'] } })
  })

  it('answers HEAD with the fields alone', async () => {
    let cancelled = 0
    const body = () => new ReadableStream({ cancel: () => void cancelled++ })
    const call = await serve(async () => new Response(body(), { headers: { 'Content-Type': 'text/x-mine' } }))
    const answer = await call('HEAD', '/api')
    expect(answer).toMatchObject({ status: 200, body: '', fields: { 'content-type': ['text/x-mine'] } })
    expect(cancelled).toBe(1)
  })

  it('answers piece by piece', async () => {
    const call = await serve(async () => {
      const pieces = ['one,', 'two,', 'x'.repeat(200_000)]
      const pull = (to: ReadableStreamDefaultController) => {
        const next = pieces.shift()
        if (next === undefined) to.close()
        else to.enqueue(Buffer.from(next))
      }
      return new Response(new ReadableStream({ pull }))
    })
    expect((await call('GET', '/api')).body).toBe(`one,two,${'x'.repeat(200_000)}`)
  })

  it('may hold up to the cap and no byte more: 413, whether the client says its length or not', async () => {
    const call = await serve(echo, { maxBodyBytes: 10 })
    expect((await call('POST', '/api', text('0123456789'))).status).toBe(200)
    expect((await call('POST', '/api', chunked('01234', '56789'))).status).toBe(200)
    for (const sent of [text('0123456789a'), chunked('01234', '56789', 'a'), chunked('0123456789a')]) {
      const answer = await call('POST', '/api', sent)
      expect(answer).toMatchObject({ status: 413, fields: { connection: ['close'], 'cache-control': ['no-store'] } })
      expect(JSON.parse(answer.body)).toEqual({
        error: 'invalid_request',
        error_description: 'The request body is too large',
      })
    }
    expect(server.errors).toEqual([])
  })

  it('is never asked about a body that says that it is too long', async () => {
    let asked = 0
    const call = await serve(async () => new Response(String(++asked)), { maxBodyBytes: 0 })
    expect((await call('POST', '/api', text('a'))).status).toBe(413)
    expect((await call('POST', '/api')).status).toBe(200)
    expect(asked).toBe(1)
  })

  it('need not read the body: the connection is good for the next request', async () => {
    await serve(async (request) => {
      if (request.url.endsWith('/half')) {
        const reader = request.body?.getReader()
        await reader?.read()
        await reader?.cancel()
      }
      return new Response('done')
    })
    const socket = connect(server.port, '127.0.0.1')
    const body = 'x'.repeat(150_000)
    let received = ''
    socket.on('data', (bytes) => void (received += bytes.toString('latin1')))
    for (const path of ['/none', '/half', '/none']) {
      socket.write(`POST /api${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
    }
    await expect.poll(() => received.match(/HTTP\/1\.1 200/g)?.length, { timeout: 5_000 }).toBe(3)
    socket.destroy()
  })

  it.each(['TRACE', 'trace'])('is never asked to %s', async (method) => {
    const seen: string[] = []
    const call = await serve(async (request) => new Response(seen.push(request.method).toString()))
    expect((await call(method, '/api')).status).toBeGreaterThanOrEqual(400)
    expect(seen).toEqual([])
  })

  it('that throws leaves the answer to the framework', async () => {
    const thrown = new Error('the database is down')
    const call = await serve(() => Promise.reject(thrown))
    expect((await call('GET', '/api')).status).toBe(500)
    expect(server.errors).toEqual([thrown])
  })

  it('that throws an error of ours is answered with its status and fields', async () => {
    const call = await serve(() => Promise.reject(world.api.refuse(new AuthenticationError('ERR_CREDENTIALS_MISSING'))))
    expect(await call('GET', '/api')).toMatchObject({
      status: 401,
      fields: { 'www-authenticate': ['Bearer realm="api"'], 'cache-control': ['no-store'] },
    })
  })

  it.each([[undefined], [null], ['text'], [new (class Odd {})()]])(
    'that throws or answers with %o is a failure, not a hang',
    async (odd) => {
      const call = await serve((request) =>
        request.url.endsWith('/throw') ? Promise.reject(odd as Error) : Promise.resolve(odd as Response),
      )
      expect((await call('GET', '/api/throw')).status).toBe(500)
      if (odd !== undefined) expect((await call('GET', '/api/answer')).status).toBe(500)
    },
  )

  it('that fails in the middle of its answer ends the connection, so that half an answer does not look whole', async () => {
    await serve(async () => {
      let pulls = 0
      const pull = (to: ReadableStreamDefaultController): Promise<void> | undefined => {
        if (++pulls > 1) return new Promise((_, reject) => setTimeout(() => reject(new Error('the disk is gone')), 20))
        to.enqueue(Buffer.from('half'))
        return undefined
      }
      return new Response(new ReadableStream({ pull }, { highWaterMark: 0 }))
    })
    const received = await readUntilClosed(server.port, 'GET /api HTTP/1.1\r\nHost: a\r\n\r\n')
    expect(received).toContain('half')
    expect(received).not.toContain('\r\n0\r\n\r\n')
  })

  it('is told when the client goes away, and nobody else is', async () => {
    const events: string[] = []
    let asked: () => void = () => undefined
    const reached = new Promise<void>((resolve) => (asked = resolve))
    await serve(async (request) => {
      asked()
      request.signal.addEventListener('abort', () => void events.push('abort'))
      await new Promise((_, reject) => request.signal.addEventListener('abort', () => reject(new Error('stopped'))))
      return new Response()
    })
    const socket = await open(server.port, 'GET /api HTTP/1.1\r\nHost: a\r\n\r\n')
    await reached
    socket.destroy()
    await expect.poll(() => events).toEqual(['abort'])
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(server.errors).toEqual([])
  })

  it('whose client has gone by the time it answers gives its body back, and that is no error of the application', async () => {
    let cancelled = 0
    let asked: () => void = () => undefined
    const reached = new Promise<void>((resolve) => (asked = resolve))
    await serve(async (request) => {
      asked()
      await new Promise((resolve) => request.signal.addEventListener('abort', resolve))
      return new Response(new ReadableStream({ cancel: () => void cancelled++ }, { highWaterMark: 0 }))
    })
    const socket = await open(server.port, 'GET /api HTTP/1.1\r\nHost: a\r\n\r\n')
    await reached
    socket.destroy()
    await expect.poll(() => cancelled).toBe(1)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(server.errors).toEqual([])
  })

  it('whose client goes away in the middle of the body fails to read it, and that is no error of the application', async () => {
    const failures: unknown[] = []
    let asked: () => void = () => undefined
    const reached = new Promise<void>((resolve) => (asked = resolve))
    await serve(async (request) => {
      asked()
      await request.text().catch((error: unknown) => {
        failures.push(error)
        throw error
      })
      return new Response()
    })
    const socket = await open(server.port, 'POST /api HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf')
    await reached
    socket.destroy()
    await expect.poll(() => failures.length).toBe(1)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(server.errors).not.toContain(failures[0])
  })

  it('whose client goes away in the middle of the answer stops', async () => {
    let cancelled = 0
    await serve(async () => {
      const pull = async (to: ReadableStreamDefaultController) => {
        await new Promise((resolve) => setTimeout(resolve, 1))
        to.enqueue(Buffer.alloc(1_000))
      }
      return new Response(new ReadableStream({ pull, cancel: () => void cancelled++ }))
    })
    const socket = await open(server.port, 'GET /api HTTP/1.1\r\nHost: a\r\n\r\n')
    await once(socket, 'data')
    socket.destroy()
    await expect.poll(() => cancelled, { timeout: 5_000 }).toBe(1)
    // Koa 3 speaks of every stream that is cut, whoever cuts it.
    expect(server.errors.length).toBe(name === 'Koa 3' ? 1 : 0)
  })

  it('behind a body parser says so, and takes the bytes where they were kept', async () => {
    const call = await serve(echo, { parsed: 'lost' })
    expect((await call('POST', '/api', text('a=1'))).status).toBe(500)
    expect(String(server.errors[0])).toContain('Put mount() before it')
    expect((await call('GET', '/api')).status).toBe(200)
    await server.close()
    const kept = await serve(echo, { parsed: 'kept', maxBodyBytes: 3 })
    expect(JSON.parse((await kept('POST', '/api', text('a=1'))).body)).toMatchObject({ body: 'a=1' })
  })

  it('is open where all else wants a token, and leaves that as it is', async () => {
    const call = await serve(echo)
    expect((await call('GET', '/api')).status).toBe(200)
    expect((await call('GET', '/elsewhere')).status).toBe(name === 'Fastify 5' ? 404 : 401)
  })

  it('is none for what has no endpoint below it', async () => {
    const call = await serve(echo)
    expect((await call('GET', '/apix')).status).toBeGreaterThanOrEqual(400)
  })

  it('serves the metadata of the resource, which challenges point to', async () => {
    const at = '/.well-known/oauth-protected-resource'
    const publicUrl = 'https://api.example.com/v1'
    const { issuer, runtime } = world.acme
    const api = createVerifier({ audience: 'https://api.example.com', issuers: [issuer], publicUrl, runtime })
    server = await start({ ...world, api }, protectedResourceMetadata(api, { scopes: ['a'] }), { at })
    const call = (method: string, path: string, fields: readonly (readonly [string, string])[] = []) =>
      sendRaw(server.port, { method, path, fields })
    const document = await call('GET', `${at}/v1`)
    expect(document).toMatchObject({ status: 200, fields: { 'content-type': ['application/json'] } })
    expect(JSON.parse(document.body)).toMatchObject({ resource: publicUrl, authorization_servers: [issuer] })
    expect(await call('HEAD', `${at}/v1`)).toMatchObject({ status: 200, body: '' })
    expect((await call('OPTIONS', `${at}/v1`)).fields['access-control-allow-origin']).toEqual(['*'])
    expect((await call('POST', `${at}/v1`)).status).toBe(405)
    expect((await call('GET', at)).status).toBe(404)
    expect((await call('GET', '/me')).fields['www-authenticate']).toEqual([
      `Bearer realm="api", resource_metadata="https://api.example.com${at}/v1"`,
    ])
    expect((await call('GET', '/me', [['Authorization', `Bearer ${world.tokens.acme}`]])).status).toBe(200)
  })

  it('loses no rejection', () => {
    expect(lost).toEqual([])
  })
})

describe.each([
  ['Express', mountExpress],
  ['Fastify', mountFastify],
  ['Koa', mountKoa],
] as const)('mount() of %s', (_, mount) => {
  it.each([
    [{ maxBodyByte: 1 }, 'Did you mean "maxBodyBytes"?'],
    [{ maxBodyBytes: -1 }, 'maxBodyBytes'],
    [{ maxBodyBytes: '1mb' }, 'maxBodyBytes'],
    [{ maxBodyBytes: Infinity }, 'maxBodyBytes'],
  ])('refuses %o', (options, words) => {
    expect(() => mount(echo, options as object)).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIGURATION', message: expect.stringContaining(words) as string }),
    )
  })

  it('takes undefined for absent', () => {
    expect(() => mount(echo, { maxBodyBytes: undefined })).not.toThrow()
  })
})

async function open(port: number, message: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.write(message)
  return socket
}

async function readUntilClosed(port: number, message: string): Promise<string> {
  const socket = await open(port, message)
  let received = ''
  socket.on('data', (bytes) => void (received += bytes.toString('latin1')))
  socket.on('error', () => undefined)
  await once(socket, 'close')
  return received
}
